import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import Consul from "consul";
import { CONSUL, WHY_NOT } from "../interop/consul/harness/both.ts";
import { type Agents, poll, startAgents } from "./harness/agents.ts";

// Every method of the npm package consul once, in the order of the table. A real Consul answers the same.

const BUILT = join(import.meta.dir, "../../dist/muster");
const ours = process.env.MUSTER_BIN ?? (existsSync(BUILT) ? BUILT : undefined);
const theirs = WHY_NOT === "" ? CONSUL.binary : undefined;
const START_MS_MAX = 40_000;
const SETTLED_MS_MAX = 3_000;

type Methods = Readonly<Record<string, (options?: unknown) => Promise<unknown>>>;

/** What was made on the way, for the rows that follow. */
interface Made {
  session: string;
  query: string;
}

type Row = readonly [method: string, options: (made: Made) => unknown, expected: unknown];

const nothing = () => undefined;
/** Answers without a body come as undefined. */
const DONE = undefined;

const ROWS: readonly Row[] = [
  ["kv.set", () => ({ key: "a/b", value: "1", flags: 5 }), true],
  ["kv.get", () => "a/b", expect.objectContaining({ Key: "a/b", Value: "1", Flags: 5 })],
  ["kv.keys", () => ({ key: "a/", separator: "/" }), ["a/b"]],
  // The package gives no value for a false.
  ["kv.delete", () => ({ key: "a/b", cas: 1 }), undefined],
  ["kv.del", () => "a/b", true],

  ["agent.self", nothing, expect.objectContaining({ Config: expect.objectContaining({ NodeName: "n1" }) })],
  ["agent.members", () => ({ wan: true }), [expect.objectContaining({ Name: "n1.dc1", Status: 1 })]],
  ["agent.join", () => "127.0.0.1:1", expect.objectContaining({ statusCode: 500 })],
  ["agent.forceLeave", () => "nobody", expect.objectContaining({ statusCode: 500 })],
  ["agent.reload", nothing, DONE],
  ["agent.maintenance", () => ({ enable: true, reason: "why" }), DONE],
  ["agent.checks", nothing, { _node_maintenance: expect.objectContaining({ Notes: "why" }) }],
  ["agent.maintenance", () => false, DONE],
  [
    "agent.service.register",
    () => ({
      ...{ name: "web", id: "web-1", address: "10.1.1.1", port: 80, tags: ["v1"], meta: { a: "b" } },
      ...{
        taggedaddresses: { lan: { address: "10.1.1.2", port: 81 } },
      },
      checks: [
        { name: "beat", checkid: "beat", ttl: "1h", status: "passing", notes: "n" },
        { http: "http://127.0.0.1:1/", interval: "1h", timeout: "1s", deregistercriticalserviceafter: "2h" },
        { tcp: "127.0.0.1:1", interval: "1h" },
      ],
    }),
    DONE,
  ],
  [
    "agent.service.list",
    nothing,
    {
      "web-1": expect.objectContaining({ Address: "10.1.1.1", Meta: { a: "b" }, Port: 80 }),
    },
  ],
  ["agent.services", nothing, { "web-1": expect.objectContaining({ Service: "web", Tags: ["v1"] }) }],
  ["agent.service.maintenance", () => ({ id: "web-1", enable: true }), DONE],
  ["agent.service.maintenance", () => ({ id: "web-1", enable: false }), DONE],
  ["agent.check.register", () => ({ name: "disk", id: "disk", serviceid: "web-1", ttl: "1h" }), DONE],
  ["agent.check.list", nothing, expect.objectContaining({ disk: expect.objectContaining({ Status: "critical" }) })],
  ["agent.check.pass", () => ({ id: "disk", note: "well" }), DONE],
  ["agent.check.warn", () => "disk", DONE],
  ["agent.check.fail", () => "disk", DONE],
  ["agent.check.fail", () => "none", expect.objectContaining({ statusCode: 500 })],
  ["agent.check.deregister", () => "disk", DONE],

  [
    "catalog.register",
    () => ({
      ...{ node: "ext", address: "192.0.2.9", nodemeta: { rack: "r1" } },
      service: { service: "db", id: "db1", port: 5432, tags: ["pg"], address: "192.0.2.11", meta: { v: "1" } },
      check: { name: "up", checkid: "up", serviceid: "db1", status: "passing", notes: "n" },
    }),
    DONE,
  ],
  ["catalog.datacenters", nothing, ["dc1"]],
  ["catalog.nodes", nothing, [expect.objectContaining({ Node: "ext", Address: "192.0.2.9" }), expect.anything()]],
  ["catalog.node.list", () => ({ near: "n1" }), expect.arrayContaining([expect.objectContaining({ Node: "n1" })])],
  ["catalog.services", nothing, expect.objectContaining({ consul: [], db: ["pg"] })],
  ["catalog.service.list", () => ({ stale: true }), expect.objectContaining({ consul: [], db: ["pg"] })],
  [
    "catalog.service.nodes",
    () => ({ service: "db", tag: "pg", consistent: true }),
    [expect.objectContaining({ ServiceAddress: "192.0.2.11", ServiceMeta: { v: "1" } })],
  ],
  ["catalog.connect.nodes", () => "db", []],
  ["catalog.node.services", () => "ext", expect.objectContaining({ Services: { db1: expect.anything() } })],
  ["catalog.node.services", () => "none", undefined],

  ["health.node", () => "ext", [expect.objectContaining({ CheckID: "up", Notes: "n" })]],
  ["health.checks", () => "db", [expect.objectContaining({ ServiceTags: ["pg"] })]],
  [
    "health.service",
    () => ({ service: "db", passing: true }),
    [expect.objectContaining({ Checks: expect.anything() })],
  ],
  ["health.state", () => "warning", []],

  [
    "session.create",
    () => ({ name: "mine", checks: ["serfHealth"], behavior: "delete", ttl: "60s" }),
    expect.anything(),
  ],
  ["session.info", ({ session }) => session, expect.objectContaining({ Name: "mine", Behavior: "delete" })],
  ["session.get", ({ session }) => session, expect.objectContaining({ NodeChecks: ["serfHealth"] })],
  ["session.list", nothing, [expect.objectContaining({ Name: "mine" })]],
  ["session.node", () => "n1", [expect.objectContaining({ Name: "mine" })]],
  ["session.renew", ({ session }) => session, [expect.objectContaining({ TTL: "60s" })]],
  ["session.renew", () => "00000000-0000-0000-0000-000000000000", expect.objectContaining({ statusCode: 404 })],

  [
    "query.create",
    ({ session }) => ({
      ...{ name: "find-db", session, dns: { ttl: "7s" } },
      service: { service: "db", failover: { nearestn: 1, datacenters: ["dc2"] }, onlypassing: true, tags: ["pg"] },
    }),
    expect.objectContaining({ ID: expect.any(String) }),
  ],
  ["query.list", nothing, [expect.objectContaining({ Name: "find-db", DNS: { TTL: "7s" } })]],
  ["query.get", ({ query }) => query, expect.objectContaining({ Name: "find-db" })],
  [
    "query.execute",
    () => "find-db",
    expect.objectContaining({
      Service: "db",
      Failovers: 0,
      Nodes: [expect.objectContaining({ Checks: expect.anything() })],
    }),
  ],
  [
    "query.update",
    ({ query }) => ({
      query,
      name: "",
      template: { type: "name_prefix_match", regexp: "^x" },
      service: { service: "db" },
    }),
    DONE,
  ],
  // The package takes the first of a list, and Consul answers with an object.
  ["query.explain", () => "find-db", undefined],
  ["query.destroy", ({ query }) => query, DONE],
  ["query.execute", () => "find-db", expect.objectContaining({ statusCode: 404 })],
  ["session.destroy", ({ session }) => session, DONE],

  ["event.fire", () => ({ name: "deploy", payload: "now", node: "^n" }), expect.objectContaining({ Name: "deploy" })],
  ["event.list", () => "deploy", [expect.objectContaining({ Payload: "now", NodeFilter: "^n" })]],
  ["status.leader", nothing, expect.stringMatching(/^127\.0\.0\.1:\d+$/)],
  ["status.peers", nothing, [expect.stringMatching(/^127\.0\.0\.1:\d+$/)]],
  [
    "transaction.create",
    () => [{ KV: { Verb: "set", Key: "t", Value: "eA==" } }, { KV: { Verb: "get", Key: "t" } }],
    expect.objectContaining({ Results: [expect.anything(), { KV: expect.objectContaining({ Value: "eA==" }) }] }),
  ],
  ["catalog.deregister", () => ({ node: "ext", serviceid: "db1" }), DONE],
  ["catalog.deregister", () => "ext", DONE],
  ["agent.service.deregister", () => "web-1", DONE],
];

/** Access control is not there yet: these answer what Consul does when it is off. The same is so of both programs. */
const ACL_METHODS = [
  ...["acl.bootstrap", "acl.replication"],
  ...["create", "update", "destroy", "info", "get", "clone", "list"].map((name) => `acl.legacy.${name}`),
];
/** Its own, which ask nothing. */
const LOCAL_METHODS = ["destroy", "watch"];

/** Names of all methods that a client has, with the groups that they are in. */
function methodsOf(thing: object, prefix = ""): string[] {
  const own = Object.getOwnPropertyNames(Object.getPrototypeOf(thing)).filter((name) => !/^_|^constructor$/.test(name));
  const groups = Object.entries(thing).filter(([name, value]) => !/^_|^consul$/.test(name) && isGroup(value));
  return [
    ...own.map((name) => prefix + name),
    ...groups.flatMap(([name, group]) => methodsOf(group, `${prefix}${name}.`)),
  ];
}

/** One of the package's own classes. */
const isGroup = (value: unknown): value is object => typeof value === "object" && value !== null && "consul" in value;

/** Calls a method by its name; an error is its answer. */
async function call(consul: Consul, method: string, options: unknown): Promise<unknown> {
  const path = method.split(".");
  const name = path.pop() ?? "";
  // The package's types know no method by its name.
  const group = path.reduce((at, each) => (at as Record<string, object>)[each] ?? {}, consul as object) as Methods;
  return await group[name]?.(options).catch((error: unknown) => error);
}

for (const [program, binary] of [
  ["this program", ours],
  ["a real Consul", theirs],
] as const) {
  const why = binary === undefined ? ": not run: there is none here" : "";
  describe.skipIf(binary === undefined)(`every method of the npm package consul, answered by ${program}${why}`, () => {
    let server: Agents;
    let consul: Consul;
    const made: Made = { session: "", query: "" };

    beforeAll(async () => {
      server = await startAgents(binary ?? "", {});
      consul = new Consul({ host: "127.0.0.1", port: server.ports.http });
    }, START_MS_MAX);

    afterAll(async () => {
      consul.destroy();
      await server.stop();
    });

    test("is called below, or is about access control", () => {
      const called = new Set([...ROWS.map(([method]) => method), ...ACL_METHODS, ...LOCAL_METHODS]);
      expect([...called].sort()).toEqual(methodsOf(consul).sort());
    });

    for (const [at, [method, options, expected]] of ROWS.entries()) {
      test(`${at + 1} ${method}`, async () => {
        let answer = await call(consul, method, options(made));
        // What an agent is told reaches the catalog a moment later, and so does an event.
        if (/^(catalog|health|event)\.(?!fire|.*register)/.test(method)) {
          await poll(SETTLED_MS_MAX, async () => {
            answer = await call(consul, method, options(made));
            return holds(answer, expected);
          });
        }
        expect(answer).toEqual(expected);
        if (method === "session.create") made.session = (answer as { ID: string }).ID;
        if (method === "query.create") made.query = (answer as { ID: string }).ID;
      });
    }

    test.each(ACL_METHODS)("%s is not there while access control is off", async (method) => {
      const options = { id: "x", name: "x", rules: "" };
      const refused = expect.objectContaining({
        statusCode: 401,
        message: expect.stringContaining("ACL support disabled"),
      });
      expect(await call(consul, method, options)).toEqual(refused);
    });
  });
}

function holds(answer: unknown, expected: unknown): boolean {
  try {
    expect(answer).toEqual(expected);
    return true;
  } catch {
    return false;
  }
}
