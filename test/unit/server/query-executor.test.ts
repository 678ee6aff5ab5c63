import { expect, test } from "bun:test";
import { ORIGIN } from "../../../src/lib/coordinate.ts";
import { QueryDefinition } from "../../../src/model/prepared-query.ts";
import { QueryExecutor, type QueryRun, type RemoteRun } from "../../../src/server/query-executor.ts";
import { queryMethods } from "../../../src/server/query-methods.ts";
import type { InstanceHealth } from "../../../src/state/catalog/queries.ts";
import { silentLogger } from "../../support/silent.ts";
import { World } from "../state/catalog/world.ts";

const RUN: QueryRun = { idOrName: "q", agentNode: "n1", near: "", sourceAddress: "", limit: 0, connect: false };

type Elsewhere = Record<string, () => string[]>;

function rig(service: object = {}, elsewhere: Elsewhere = {}) {
  const world = new World();
  for (const n of [1, 2, 3, 4]) world.register(`n${n}`, { address: `10.0.0.${n}`, service: { Service: "web" } });
  const query = QueryDefinition.parse({
    ID: "00000000-0000-0000-0000-000000000001",
    Name: "q",
    Service: { Service: "web", ...service },
    DNS: { TTL: "9s" },
  });
  world.apply({ type: "query.set", query });
  const asked: { datacenter: string; run: RemoteRun }[] = [];
  const executor = new QueryExecutor({
    db: world.db,
    publisher: world.rig.publisher,
    datacenter: "dc1",
    // The shuffle then leaves all where they are.
    random: { float: () => 0.999, uuid: () => "" },
    log: silentLogger,
    otherDatacenters: () => Object.keys(elsewhere),
    async askElsewhere(datacenter, run) {
      asked.push({ datacenter, run });
      const Nodes = (elsewhere[datacenter]?.() ?? []).map((Node) => ({ Node: { Node } })) as InstanceHealth[];
      return { Nodes };
    },
  });
  const nodes = async (run: Partial<QueryRun> = {}) =>
    (await executor.execute({ ...RUN, ...run }))?.Nodes.map(({ Node }) => Node.Node);
  const place = (node: string, x: number) =>
    world.apply({
      type: "coordinate.batch-update",
      updates: [{ Node: node, Segment: "", Coord: { ...ORIGIN, Vec: [x, 0, 0, 0, 0, 0, 0, 0] } }],
    });
  return { world, executor, asked, nodes, place };
}
const NOBODY = { Service: "none" };
const unreachable = () => {
  throw new Error("no route");
};

test("the answer tells the service, its DNS options and the own datacenter; an unknown name has none", async () => {
  const { executor } = rig();
  expect(await executor.execute(RUN)).toMatchObject({
    Service: "web",
    DNS: { TTL: "9s" },
    Datacenter: "dc1",
    Failovers: 0,
  });
  expect(await executor.execute({ ...RUN, idOrName: "other" })).toBeUndefined();
});

test("the limit cuts after sorting; none or a negative one is for all", async () => {
  const { nodes } = rig();
  expect(await nodes({ near: "n3", limit: 1 })).toEqual(["n3"]);
  expect((await nodes({ limit: -1 }))?.length).toBe(4);
});

test("a node without coordinate comes first itself, changing places with the first", async () => {
  const { nodes } = rig();
  expect(await nodes({ near: "n3" })).toEqual(["n3", "n2", "n1", "n4"]);
  expect(await nodes({ near: "N3" })).toEqual(["n1", "n2", "n3", "n4"]);
});

test("instances come nearest first, and who asks goes before the query", async () => {
  const { nodes, place } = rig({ Near: "n4" });
  for (const [at, node] of ["n1", "n2", "n3", "n4"].entries()) place(node, at);
  expect(await nodes()).toEqual(["n4", "n3", "n2", "n1"]);
  expect(await nodes({ near: "n1" })).toEqual(["n1", "n2", "n3", "n4"]);
});

test("_agent is the node of the agent that is asked, _ip the one with the address of who asks", async () => {
  const { nodes } = rig();
  expect((await nodes({ near: "_agent", agentNode: "n2" }))?.[0]).toBe("n2");
  expect((await nodes({ near: "_ip", sourceAddress: "10.0.0.4" }))?.[0]).toBe("n4");
  expect((await nodes({ near: "_ip", sourceAddress: "10.0.0.99" }))?.[0]).toBe("n1");
  expect((await nodes({ near: "_ip" }))?.[0]).toBe("n1");
});

test("mesh endpoints come where the query or who asks wants them", async () => {
  const native = { Service: "web", Connect: { Native: true } };
  const asked = rig();
  asked.world.register("n2", { service: native });
  expect(await asked.nodes({ connect: true })).toEqual(["n2"]);
  const wanted = rig({ Connect: true });
  wanted.world.register("n3", { service: native });
  expect(await wanted.nodes()).toEqual(["n3"]);
});

test("what is remembered of a service goes with each change of it", async () => {
  const { world, nodes } = rig();
  expect((await nodes())?.length).toBe(4);
  const checks = [{ CheckID: "c", Status: "critical", ServiceID: "web", ServiceName: "web" }];
  world.register("n1", { checks });
  expect(await nodes()).toEqual(["n2", "n3", "n4"]);
  world.apply({ type: "catalog.deregister", node: "n2" });
  expect(await nodes()).toEqual(["n3", "n4"]);
});

test("other datacenters are asked only when nobody here is healthy", async () => {
  const { nodes, asked } = rig({ Failover: { NearestN: 1 } }, { dc2: () => ["far"] });
  expect((await nodes())?.length).toBe(4);
  expect(asked).toEqual([]);
});

test("the nearest that are counted are asked, then the named and known ones, each once, until one has somebody", async () => {
  const Failover = { NearestN: 1, Datacenters: ["dc9", "dc2", "dc4", "dc3"] };
  const { executor, asked } = rig({ ...NOBODY, Failover }, { dc2: () => [], dc3: () => ["late"], dc4: () => ["far"] });
  const answer = await executor.execute({ ...RUN, limit: 5 });
  expect(asked.map(({ datacenter }) => datacenter)).toEqual(["dc2", "dc4"]);
  expect(asked[0]?.run).toMatchObject({ limit: 5, connect: false, query: { Name: "q" } });
  expect(answer).toMatchObject({ Datacenter: "dc4", Failovers: 2, Service: "none" });
});

test("one that can't be reached counts and is passed over; with nobody anywhere the answer is empty", async () => {
  const { executor } = rig({ ...NOBODY, Failover: { NearestN: 9 } }, { dc2: unreachable, dc3: () => [] });
  expect(await executor.execute(RUN)).toMatchObject({ Nodes: [], Datacenter: "dc3", Failovers: 2 });
  const alone = rig({ ...NOBODY, Failover: { NearestN: 9 } }, { dc2: unreachable });
  expect(await alone.executor.execute(RUN)).toMatchObject({ Nodes: [], Datacenter: "dc1", Failovers: 1 });
});

test("another datacenter's query is executed as it comes, and what is none is refused", async () => {
  const { executor } = rig();
  const [method] = Object.values(queryMethods(executor));
  const query = QueryDefinition.parse({ Service: { Service: "web" } });
  expect(await method?.({ query, limit: 2, connect: false })).toMatchObject({
    Nodes: [{ Node: { Node: "n1" } }, { Node: { Node: "n2" } }],
  });
  expect(method?.({ query: 5 })).rejects.toThrow("Bad request");
});
