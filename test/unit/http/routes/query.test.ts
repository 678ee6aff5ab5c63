import { expect, test } from "bun:test";
import type { HttpSettings } from "../../../../src/http/deps.ts";
import { type QueryDeps, queryRoutes } from "../../../../src/http/routes/query.ts";
import { encodeGoJson } from "../../../../src/lib/go-json.ts";
import type { HealthCheck } from "../../../../src/model/check.ts";
import { QueryDefinition } from "../../../../src/model/prepared-query.ts";
import type { QueryRun } from "../../../../src/server/query-executor.ts";
import type { InstanceHealth } from "../../../../src/state/catalog/queries.ts";
import { httpRig } from "../../../support/http-rig.ts";
import { healthCheck, instance as service } from "../../state/catalog/world.ts";

const ID = "00000000-0000-0000-0000-00000000dead";
const QUERY = { ...QueryDefinition.parse({ ID, Name: "web" }), CreateIndex: 3, ModifyIndex: 4 };

function instance(name: string, Checks: HealthCheck[]): InstanceHealth {
  const Node = { ID: "", Node: name, Address: "10.0.0.1", Datacenter: "dc1", TaggedAddresses: null, Meta: null };
  return { Node: { ...Node, CreateIndex: 1, ModifyIndex: 1 }, Service: service({ Service: "web" }), Checks };
}

function rig(Nodes: InstanceHealth[] = [], settings: Partial<HttpSettings> = {}) {
  const runs: QueryRun[] = [];
  const written: unknown[] = [];
  const query: QueryDeps["query"] = {
    async create(definition) {
      written.push(definition);
      return ID;
    },
    update: async (definition) => written.push(definition),
    delete: async (id) => written.push(id),
    get: (id) => ({ value: id === ID ? QUERY : undefined, index: 4, interest: { topics: [] } }),
    list: () => ({ value: [QUERY], index: 4, interest: { topics: [] } }),
    resolve: (name) => (name === "web" ? QUERY : undefined),
    async execute(run) {
      runs.push(run);
      if (run.idOrName !== "web") return undefined;
      return { Service: "web", Nodes, DNS: { TTL: "" }, Datacenter: "dc1", Failovers: 0 };
    },
    agentNode: () => "me",
  };
  return { ...httpRig(queryRoutes, { query }, { settings }), runs, written };
}

test("an execution says who asks, by the address that a proxy tells, and what is wanted", async () => {
  const { send, runs } = rig();
  const headers = { "x-forwarded-for": "10.1.2.3, 10.9.9.9" };
  await send("GET", "/v1/query/web/execute?near=_ip&limit=2&connect=true", { headers });
  await send("GET", "/v1/query/a%2Fb/execute");
  expect(runs).toEqual([
    { idOrName: "web", agentNode: "me", near: "_ip", sourceAddress: "10.1.2.3", limit: 2, connect: true },
    { idOrName: "a/b", agentNode: "me", near: "", sourceAddress: "127.0.0.1", limit: 0, connect: false },
  ]);
});

test("an execution's answer is that of no index, with its consistency in body and header", async () => {
  const answer = await rig().send("GET", "/v1/query/web/execute?stale");
  expect(answer.headers.get("x-consul-index")).toBe("1");
  expect(answer.headers.get("x-consul-effective-consistency")).toBe("stale");
  expect(await answer.json()).toEqual({
    ...{ Service: "web", Nodes: [], DNS: { TTL: "" }, Datacenter: "dc1", Failovers: 0 },
    ...{ Index: 0, LastContact: 0, KnownLeader: true, ConsistencyLevel: "stale" },
  });
});

test("an execution's compact and its pretty answer are the same, with null for no checks and no tags", async () => {
  const { send } = rig([instance("a<b", []), instance("c", [healthCheck({ ServiceTags: [] })])]);
  const [compact, pretty] = [
    await send("GET", "/v1/query/web/execute"),
    await send("GET", "/v1/query/web/execute?pretty"),
  ];
  const [text, found] = [await compact.text(), (await pretty.json()) as { Nodes: unknown }];
  expect(text).toBe(encodeGoJson(found));
  expect(text).toContain('"Node":"a\\u003cb"');
  expect(found.Nodes).toMatchObject([{ Checks: null }, { Checks: [{ ServiceTags: null }] }]);
});

test("what another datacenter answered carries the addresses that lead there, where they are wanted (observed, Consul 1.8.7)", async () => {
  const found = instance("n", []);
  const nodes = [{ ...found, Node: { ...found.Node, TaggedAddresses: { wan: "192.0.2.1" } } }];
  const address = async (settings: Partial<HttpSettings>) => {
    const answer = await rig(nodes, settings).send("GET", "/v1/query/web/execute");
    return ((await answer.json()) as { Nodes: InstanceHealth[] }).Nodes[0]?.Node.Address;
  };
  // The answer is of dc1.
  expect(await address({ datacenter: "dc2", translatesWanAddresses: true })).toBe("192.0.2.1");
  expect(await address({ datacenter: "dc2" })).toBe("10.0.0.1");
  expect(await address({ datacenter: "dc1", translatesWanAddresses: true })).toBe("10.0.0.1");
});

test.each([
  ["/v1/query/none/execute", 404, "Query not found"],
  ["/v1/query/none/explain", 404, "Query not found"],
  ["/v1/query/execute", 404, "Query not found"],
  [`/v1/query/${ID.replace("dead", "beef")}`, 404, "Query not found"],
  ["/v1/query/nope", 500, "failed prepared query lookup: index error: UUID must be 36 characters"],
  ["/v1/query/web/execute?limit=x", 500, 'Bad limit: strconv.Atoi: parsing "x": invalid syntax'],
  [
    "/v1/query/web/execute?connect=x",
    500,
    `Error parsing 'connect' value: strconv.ParseBool: parsing "x": invalid syntax`,
  ],
])("%s is answered %d %s", async (path, status, text) => {
  const answer = await rig().send("GET", path);
  expect([answer.status, await answer.text()]).toEqual([status, text]);
});

test("the path says which query is replaced, whatever the body says", async () => {
  const { send, written } = rig();
  const body = JSON.stringify({ ID: "other", Name: "n", Service: { Service: "s" } });
  expect((await send("PUT", `/v1/query/${ID}`, { body })).status).toBe(200);
  expect((await send("DELETE", `/v1/query/${ID}`)).status).toBe(200);
  expect(written).toMatchObject([{ ID, Name: "n" }, ID]);
});

test("errors of the body name the innermost struct and the whole path to its field, as Go does", async () => {
  const body = JSON.stringify({ Service: { Failover: { NearestN: "x" } } });
  expect(await (await rig().send("POST", "/v1/query", { body })).text()).toBe(
    "Request decode failed: json: cannot unmarshal string into Go struct field QueryDatacenterOptions.Service.Failover.NearestN of type int",
  );
});

test("single queries tell their methods as Consul's handler does", async () => {
  const { send } = rig();
  const options = await send("OPTIONS", `/v1/query/${ID}`);
  expect([options.headers.get("allow"), await options.text()]).toEqual(["OPTIONS,GET,PUT,DELETE", "{}"]);
  const refused = await send("POST", "/v1/query/x/execute");
  expect([refused.status, refused.headers.get("allow")]).toEqual([405, "GET"]);
});
