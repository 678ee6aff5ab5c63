import { area, http } from "../harness/dsl.ts";
import { pick } from "../harness/refine.ts";
import type { Answer, Exchange, Json, Refinement } from "../harness/types.ts";

/** What is watched, by the name under which its handler's input is kept and shown. */
const WATCHES: Readonly<Record<string, { readonly [key: string]: Json }>> = {
  key: { type: "key", key: "watched/a" },
  stale: { type: "key", key: "watched/a", stale: true },
  keyprefix: { type: "keyprefix", prefix: "watched/" },
  services: { type: "services" },
  nodes: { type: "nodes" },
  service: { type: "service", service: "web", tag: ["x", "y"], passingonly: true },
  "service-of-tag": { type: "service", service: "web", tag: "x" },
  "service-missing": { type: "service", service: "nothing" },
  checks: { type: "checks", service: "web" },
  critical: { type: "checks", state: "critical" },
  event: { type: "event", name: "told" },
  "agent-service": { type: "agent_service", service_id: "web-1" },
};

/** Keeps the input as a whole. Inside a text indexes and hashes are seen as they are, so they are taken out here. */
const keep = (name: string) =>
  `sed -E 's/"([A-Za-z]*Index)":[0-9]+/"\\1":0/g; s/"ContentHash":"[^"]*"/"ContentHash":""/' > ${name}.new && mv ${name}.new ${name}.told`;

/** What the handler of a watch got last: a check of the agent shows it. */
const told = (id: string, name: string, until: string): Exchange =>
  http(id, `GET /v1/agent/checks?filter=CheckID==%22${name}%22`, {
    until,
    refine: [pick(`${name}.Output`), tagsInOrder],
  });

/** The list of services has tags in no order, and here it is a text. */
const tagsInOrder: Refinement = (answer) =>
  JSON.parse(JSON.stringify(answer).replaceAll('\\"y\\",\\"x\\"', '\\"x\\",\\"y\\"')) as Answer;

/** Watches of the configuration: what their handlers get. */
export const watches = area(
  "watches",
  [
    told("key-missing", "key", "null"),
    told("keyprefix-missing", "keyprefix", "null"),
    told("service-missing", "service-missing", '"Output":"[]'),
    told("event-none", "event", '"Output":"[]'),
    told("services", "services", "web"),
    told("nodes", "nodes", "lan_ipv4"),
    told("service-with-all-tags-passing", "service", "web-1"),
    told("service-of-one-tag", "service-of-tag", "web-1"),
    told("checks-of-service", "checks", "web-1"),
    told("agent-service", "agent-service", "web-1"),
    http("key-put", "PUT /v1/kv/watched/a?flags=7", { body: "one <&>" }),
    told("key-told", "key", "b25lIDwmPg=="),
    told("key-told-stale", "stale", "b25lIDwmPg=="),
    told("keyprefix-told", "keyprefix", "b25lIDwmPg=="),
    http("key-put-empty", "PUT /v1/kv/watched/b", { body: "" }),
    told("keyprefix-told-both", "keyprefix", "watched/b"),
    http("key-delete", "DELETE /v1/kv/watched/a"),
    told("key-told-gone", "key", "null"),
    http("check-fails", "PUT /v1/agent/check/fail/service:web-1?note=broken"),
    told("service-told-not-passing", "service", '"Output":"[]'),
    told("checks-told-failing", "checks", "broken"),
    told("critical-told", "critical", "broken"),
    http("event-fire", "PUT /v1/event/fire/told", { body: "first", refine: [pick("Name", "Payload")] }),
    told("event-told", "event", "Zmlyc3Q="),
    http("event-fire-other", "PUT /v1/event/fire/untold", { body: "other", refine: [pick("Name", "Payload")] }),
    http("event-fire-second", "PUT /v1/event/fire/told", { body: "second", refine: [pick("Name", "Payload")] }),
    told("event-told-new-ones-only", "event", "c2Vjb25k"),
    http("service-register-again", "PUT /v1/agent/service/register", { body: { ID: "web-1", Name: "web", Port: 81 } }),
    told("agent-service-changed", "agent-service", ":81"),
    http("reload", "PUT /v1/agent/reload"),
    told("agent-service-after-reload", "agent-service", ":80"),
  ],
  {
    enable_local_script_checks: true,
    services: [
      {
        ...{ id: "web-1", name: "web", port: 80, tags: ["x", "y"], meta: { a: "b" } },
        check: { ttl: "1h", status: "passing" },
      },
      // Checks of the node would be in what is told, and change with it.
      {
        name: "told",
        checks: Object.keys(WATCHES).map((name) => ({
          ...{ id: name, name, args: ["cat", `${name}.told`], interval: "1s", status: "passing" },
        })),
      },
    ],
    watches: Object.entries(WATCHES).map(([name, watch]) => ({ ...watch, args: ["sh", "-c", keep(name)] })),
  },
);
