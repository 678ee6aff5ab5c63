import { NODE_ID } from "../harness/agents.ts";
import { area, cli, http } from "../harness/dsl.ts";
import {
  anyIndex,
  flagsBut,
  flagsOnly,
  oneBlank,
  replaced,
  replacedInBody,
  sorted,
  streamsOnly,
} from "../harness/refine.ts";
import type { Answer, Json } from "../harness/types.ts";

const ID = "00000000-0000-0000-0000-00000000dead";
const AUTOPILOT = "/v1/operator/autopilot/configuration";
const put = (id: string, body: Json, query = "") => http(id, `PUT ${AUTOPILOT}${query}`, { body });
const DEFAULTS = {
  CleanupDeadServers: true,
  LastContactThreshold: "200ms",
  MaxTrailingLogs: 250,
  MinQuorum: 0,
  ServerStabilizationTime: "10s",
};

/** How far the log is hangs on what the server writes about itself. */
const anyLog = replacedInBody(/"(LastIndex|LastTerm)":\d+/g, '"$1":"<number>"');

const raft = [
  http("raft", "GET /v1/operator/raft/configuration"),
  http("raft-pretty", "GET /v1/operator/raft/configuration?pretty", { raw: true }),
  http("raft-stale", "GET /v1/operator/raft/configuration?stale"),
  http("raft-consistent", "GET /v1/operator/raft/configuration?consistent"),
  http("raft-conflict", "GET /v1/operator/raft/configuration?stale&consistent"),
  http("raft-index-does-not-wait", "GET /v1/operator/raft/configuration?index=1000&wait=1s"),
  http("raft-bad-index", "GET /v1/operator/raft/configuration?index=x"),
  http("raft-unknown-datacenter", "GET /v1/operator/raft/configuration?dc=nowhere"),
  http("raft-by-put", "PUT /v1/operator/raft/configuration"),
  http("raft-options", "OPTIONS /v1/operator/raft/configuration"),
  http("raft-alone", "GET /v1/operator/raft"),
  http("operator-alone", "GET /v1/operator"),
  http("peer-nothing", "DELETE /v1/operator/raft/peer"),
  http("peer-both", `DELETE /v1/operator/raft/peer?id=${ID}&address=127.0.0.9:8300`),
  http("peer-unknown-id", `DELETE /v1/operator/raft/peer?id=${ID}`),
  http("peer-empty-id", "DELETE /v1/operator/raft/peer?id="),
  http("peer-unknown-address", "DELETE /v1/operator/raft/peer?address=127.0.0.9:8300"),
  http("peer-empty-address", "DELETE /v1/operator/raft/peer?address="),
  http("peer-unknown-datacenter", `DELETE /v1/operator/raft/peer?id=${ID}&dc=nowhere`),
  http("peer-by-get", "GET /v1/operator/raft/peer"),
  http("peer-options", "OPTIONS /v1/operator/raft/peer"),
];

const autopilot = [
  http("autopilot", `GET ${AUTOPILOT}`, { capture: { first: "json:ModifyIndex" } }),
  http("autopilot-stale", `GET ${AUTOPILOT}?stale`),
  http("autopilot-pretty", `GET ${AUTOPILOT}?pretty`, { raw: true }),
  http("autopilot-unknown-datacenter", `GET ${AUTOPILOT}?dc=nowhere`),
  http("autopilot-conflict", `GET ${AUTOPILOT}?stale&consistent`),
  http("autopilot-options", `OPTIONS ${AUTOPILOT}`),
  http("autopilot-by-post", `POST ${AUTOPILOT}`),
  put("set-nothing", ""),
  put("set-not-json", "nope"),
  put("set-half", "{"),
  put("set-array", "[]"),
  put("set-null", "null"),
  put("set-unknown-key", { bogus: 1 }),
  put("set-text-for-bool", { CleanupDeadServers: "x" }),
  put("set-text-for-number", { MaxTrailingLogs: "x" }),
  put("set-text-for-quorum", { MinQuorum: "x" }),
  put("set-negative-number", { MaxTrailingLogs: -1 }),
  put("set-negative-quorum", { MinQuorum: -1 }),
  put("set-fraction", { MinQuorum: 1.5 }),
  put("set-bad-duration", { LastContactThreshold: "x" }),
  put("set-duration-without-unit", { ServerStabilizationTime: "10" }),
  put("set-bad-cas", {}, "?cas=x"),
  put("set-bad-cas-and-body", "nope", "?cas=x"),
  put("set-old-cas", DEFAULTS, "?cas=1"),
  put("set-unknown-datacenter", DEFAULTS, "?dc=nowhere"),
  http("not-set", `GET ${AUTOPILOT}`),
  put("set-part", { LastContactThreshold: 300_000_000, minquorum: 2, RedundancyZoneTag: "zone" }),
  http("part-set-the-rest-is-zero", `GET ${AUTOPILOT}`, { capture: { second: "json:ModifyIndex" } }),
  put("set-by-cas", { ...DEFAULTS, CreateIndex: 1, ModifyIndex: 2 }, "?cas=@{second}"),
  put("set-by-cas-again", DEFAULTS, "?cas=@{second}"),
  put("set-zero-cas", DEFAULTS, "?cas=0"),
  http("set-by-cas-done", `GET ${AUTOPILOT}`, { refine: [anyIndex] }),
  put("set-negative-duration", { ...DEFAULTS, LastContactThreshold: "-1s" }),
  put("set-defaults", DEFAULTS),
  http("health", "GET /v1/operator/autopilot/health", { until: '"Healthy":true', refine: [anyLog] }),
  http("health-stale", "GET /v1/operator/autopilot/health?stale", { refine: [anyLog] }),
  http("health-unknown-datacenter", "GET /v1/operator/autopilot/health?dc=nowhere"),
  http("health-conflict", "GET /v1/operator/autopilot/health?stale&consistent"),
  http("health-by-put", "PUT /v1/operator/autopilot/health"),
];

const commands = [
  cli("cli-list-peers", ["operator", "raft", "list-peers"], { refine: [oneBlank] }),
  cli("cli-list-peers-stale", ["operator", "raft", "list-peers", "-stale"], { refine: [oneBlank] }),
  cli("cli-list-peers-argument", ["operator", "raft", "list-peers", "x"], { refine: [oneBlank] }),
  cli("cli-list-peers-unknown-datacenter", ["operator", "raft", "list-peers", "-datacenter=nowhere"]),
  cli("cli-list-peers-no-server", ["operator", "raft", "list-peers", "-http-addr=127.0.0.1:1"]),
  cli("cli-list-peers-unknown-flag", ["operator", "raft", "list-peers", "-zzz"], {
    refine: [flagsBut("-format", "-detailed")],
  }),
  cli("cli-list-peers-help", ["operator", "raft", "list-peers", "-h"], { refine: [flagsBut("-format", "-detailed")] }),
  cli("cli-remove-peer-nothing", ["operator", "raft", "remove-peer"]),
  cli("cli-remove-peer-argument", ["operator", "raft", "remove-peer", "x"]),
  cli("cli-remove-peer-both", ["operator", "raft", "remove-peer", "-id=x", "-address=y"]),
  cli("cli-remove-peer-unknown-id", ["operator", "raft", "remove-peer", `-id=${ID}`]),
  cli("cli-remove-peer-unknown-address", ["operator", "raft", "remove-peer", "-address=127.0.0.9:8300"]),
  cli("cli-remove-peer-no-server", ["operator", "raft", "remove-peer", "-id=x", "-http-addr=127.0.0.1:1"]),
  cli("cli-remove-peer-help", ["operator", "raft", "remove-peer", "-h"], { refine: [flagsOnly] }),
  cli("cli-get-config", ["operator", "autopilot", "get-config"]),
  cli("cli-get-config-stale", ["operator", "autopilot", "get-config", "-stale"]),
  cli("cli-get-config-no-server", ["operator", "autopilot", "get-config", "-http-addr=127.0.0.1:1"]),
  cli("cli-get-config-help", ["operator", "autopilot", "get-config", "-h"], { refine: [flagsOnly] }),
  cli("cli-set-config-nothing", ["operator", "autopilot", "set-config"]),
  cli("cli-set-config-times", [
    "operator",
    "autopilot",
    "set-config",
    "-last-contact-threshold=1m",
    "-server-stabilization-time=1h30m",
  ]),
  cli("cli-set-config-numbers", ["operator", "autopilot", "set-config", "-max-trailing-logs=500", "-min-quorum=3"]),
  cli("cli-set-config-words", [
    "operator",
    "autopilot",
    "set-config",
    "-cleanup-dead-servers=false",
    "-redundancy-zone-tag=<z>",
  ]),
  cli("cli-set-config-enterprise", [
    "operator",
    "autopilot",
    "set-config",
    "-disable-upgrade-migration",
    "-upgrade-version-tag=v",
  ]),
  cli("cli-set-config-done", ["operator", "autopilot", "get-config"]),
  cli("cli-set-config-empty-tags", [
    "operator",
    "autopilot",
    "set-config",
    "-redundancy-zone-tag=",
    "-upgrade-version-tag=",
  ]),
  cli("cli-set-config-empty-tags-done", ["operator", "autopilot", "get-config"]),
  cli("cli-set-config-argument", ["operator", "autopilot", "set-config", "x"]),
  cli("cli-set-config-bad-number", ["operator", "autopilot", "set-config", "-max-trailing-logs=x"], {
    refine: [firstLine],
  }),
  cli("cli-set-config-negative", ["operator", "autopilot", "set-config", "-min-quorum=-1"], { refine: [firstLine] }),
  cli("cli-set-config-bad-duration", ["operator", "autopilot", "set-config", "-last-contact-threshold=x"], {
    refine: [firstLine],
  }),
  cli("cli-set-config-bad-bool", ["operator", "autopilot", "set-config", "-cleanup-dead-servers=x"], {
    refine: [firstLine],
  }),
  cli("cli-set-config-no-server", ["operator", "autopilot", "set-config", "-http-addr=127.0.0.1:1"]),
  cli("cli-set-config-help", ["operator", "autopilot", "set-config", "-h"], { refine: [flagsOnly] }),
  cli("cli-operator-alone", ["operator"], { refine: [streamsOnly] }),
  cli("cli-raft-alone", ["operator", "raft"], { refine: [streamsOnly] }),
  cli("cli-autopilot-alone", ["operator", "autopilot"], { refine: [streamsOnly] }),
  cli("cli-raft-unknown", ["operator", "raft", "bogus"], { refine: [streamsOnly] }),
  cli("cli-raft-old-flag", ["operator", "raft", "-list-peers"], { refine: [streamsOnly] }),
];

/** Below a bad flag Go lists all flags, each program its own. */
function firstLine(answer: Answer): Answer {
  return replaced(/\n[\s\S]*/, "\n")(answer);
}

/** What operators ask of one server: the set of servers and autopilot, over HTTP and by the command line. */
export const operator = area("operator", [...raft, ...autopilot, ...commands]);

/** The configuration file says what autopilot begins with. */
export const operatorConfig = area(
  "operator-config",
  [
    http("begins-as-configured", `GET ${AUTOPILOT}`),
    put("set", { ...DEFAULTS, MinQuorum: 1 }),
    http("is-the-operators-from-then-on", `GET ${AUTOPILOT}`),
    http("server-in-raft", "GET /v1/operator/raft/configuration", { refine: [sorted("Servers")] }),
    http("peer-own-address-of-another", `DELETE /v1/operator/raft/peer?address=${NODE_ID}`),
  ],
  {
    autopilot: {
      cleanup_dead_servers: false,
      last_contact_threshold: "1500ms",
      max_trailing_logs: 100,
      min_quorum: 3,
      server_stabilization_time: "1m",
      disable_upgrade_migration: true,
    },
  },
);
