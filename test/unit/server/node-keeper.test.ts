import { expect, test } from "bun:test";
import type { PoolEvent, PoolMember } from "../../../src/gossip/types.ts";
import { NodeKeeper } from "../../../src/server/node-keeper.ts";
import { healthNode } from "../../../src/state/checks/queries.ts";
import type { Command } from "../../../src/state/commands.ts";
import { oldestDeregistrationMs } from "../../../src/state/deregistrations/queries.ts";
import { nodeByName, nodeList } from "../../../src/state/nodes/queries.ts";
import { servicesOfNode } from "../../../src/state/services/queries.ts";
import { sessionsOfNode } from "../../../src/state/sessions/queries.ts";
import { settle } from "../../support/manual-clock.ts";
import { clientMember, nodeIdOf, serverMember } from "../../support/pool-member.ts";
import { RecordingLogger } from "../../support/recording-logger.ts";
import { World } from "../state/catalog/world.ts";

const SELF = serverMember("5e1f");
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** A leader's keeper on a real state; members are what the test says, and events are told as the pool does. */
function keeperRig(reconnectTimeoutMs = 72 * HOUR_MS) {
  const world = new World();
  const { clock, db } = world.rig;
  const log = new RecordingLogger();
  let members: PoolMember[] = [SELF];
  const batches: Command[][] = [];
  let propose = async (command: Command): Promise<unknown> => world.apply(command);
  const keeper = new NodeKeeper({
    selfId: nodeIdOf("5e1f"),
    datacenter: "dc1",
    db,
    propose(command) {
      const batch = batches.at(-1);
      if (batch === undefined) throw new Error("proposed outside of a turn");
      batch.push(command);
      return propose(command);
    },
    pool: () => members,
    servers: () => [],
    reconnectTimeoutMs: () => reconnectTimeoutMs,
    clock,
    log,
  });
  /** Lets time pass; each timer's proposals are one batch. */
  async function pass(ms: number) {
    batches.push([]);
    clock.advance(ms);
    await settle();
  }
  async function change(kind: Exclude<PoolEvent["kind"], "user" | "query">, ...changed: PoolMember[]) {
    const names = new Set(changed.map(({ name }) => name));
    members = [...members.filter(({ name }) => !names.has(name)), ...(kind === "reap" ? [] : changed)];
    for (const member of changed) keeper.onMember({ kind, member });
    await pass(0);
  }
  const healthOf = (name: string) =>
    healthNode(db, name).value.map(({ CheckID, Status, Output }) => [CheckID, Status, Output]);
  const names = () => nodeList(db).value.map(({ Node }) => Node);
  return {
    ...{ world, db, clock, log, keeper, batches, pass, change, healthOf, names },
    failWith: (error: Error | undefined) => {
      propose = async (command) => {
        if (error !== undefined) throw error;
        return world.apply(command);
      };
    },
  };
}

const session = (world: World, Node: string) =>
  world.apply({
    type: "session.create",
    session: {
      ...{ ID: crypto.randomUUID(), Name: "", Node, LockDelay: 0, Behavior: "release", TTL: "" },
      ...{ NodeChecks: [], ServiceChecks: null },
    },
  });

test("a client comes, fails, is well again and leaves: its node follows at once", async () => {
  const { keeper, change, pass, healthOf, names, db } = keeperRig();
  keeper.lead();
  await pass(0);
  await change("join", clientMember("c1"));
  expect(healthOf("c1")).toEqual([["serfHealth", "passing", "Agent alive and reachable"]]);
  expect(nodeByName(db, "c1")).toMatchObject({
    ...{ ID: nodeIdOf("c1"), Address: "10.0.0.1", Datacenter: "dc1", TaggedAddresses: null, Meta: null },
  });
  await change("failed", clientMember("c1", { status: "failed" }));
  expect(healthOf("c1")).toEqual([["serfHealth", "critical", "Agent not live or unreachable"]]);
  await change("join", clientMember("c1"));
  expect(healthOf("c1")).toEqual([["serfHealth", "passing", "Agent alive and reachable"]]);
  await change("leave", clientMember("c1", { status: "left" }));
  expect(names()).toEqual([]);
});

test("what its agent said of the node stays as it is", async () => {
  const { keeper, change, pass, world, db } = keeperRig();
  keeper.lead();
  await pass(0);
  world.register("c1", { id: nodeIdOf("c1"), address: "10.9.9.9", meta: { rack: "1" }, service: { Service: "web" } });
  await change("join", clientMember("c1"));
  await change("failed", clientMember("c1", { status: "failed" }));
  expect(nodeByName(db, "c1")).toMatchObject({ Address: "10.9.9.9", Meta: { rack: "1" } });
  expect(servicesOfNode(db, "c1")).toHaveLength(1);
});

test("a member that is reaped is deregistered, also by a server that only followed when it saw it", async () => {
  const { keeper, change, pass, names, world } = keeperRig();
  world.register("c1", { id: nodeIdOf("c1"), checks: [{ CheckID: "serfHealth", Status: "critical" }] });
  await change("failed", clientMember("c1", { status: "failed" }));
  await change("reap", clientMember("c1", { status: "failed" }));
  expect(names()).toEqual(["c1"]);
  keeper.lead();
  await pass(0);
  expect(names()).toEqual([]);
});

test("a restarted lone server that nobody has found yet wipes nothing; who stays away is critical, and goes in the end", async () => {
  const { keeper, pass, names, world, healthOf, change } = keeperRig(HOUR_MS);
  for (const name of ["c1", "c2"]) {
    const checks = [{ CheckID: "serfHealth", Status: "passing", Output: "Agent alive and reachable" }];
    world.register(name, { id: nodeIdOf(name), checks });
  }
  const { index } = world;
  keeper.lead();
  await pass(0);
  await pass(MINUTE_MS - 1);
  await change("join", clientMember("c1"));
  expect(world.index).toBe(index);
  await pass(MINUTE_MS);
  await pass(MINUTE_MS);
  expect(healthOf("c1")).toMatchObject([["serfHealth", "passing", "Agent alive and reachable"]]);
  expect(healthOf("c2")).toMatchObject([["serfHealth", "critical", "Agent not live or unreachable"]]);
  for (let minute = 0; minute < 60; minute++) await pass(MINUTE_MS);
  expect(names()).toEqual(["c1"]);
});

test("another machine under the name of a dead one begins with nothing of the old one: no service, no session", async () => {
  const { keeper, change, pass, world, db } = keeperRig();
  keeper.lead();
  await pass(0);
  await change("join", clientMember("c1"));
  world.register("c1", { id: nodeIdOf("c1"), service: { Service: "web" } });
  session(world, "c1");
  await change("failed", clientMember("c1", { status: "failed" }));
  await change("join", clientMember("c1", { id: nodeIdOf("c2"), address: "10.0.0.2" }));
  expect(nodeByName(db, "c1")).toMatchObject({ ID: nodeIdOf("c2"), Address: "10.0.0.2" });
  expect(servicesOfNode(db, "c1")).toEqual([]);
  expect(sessionsOfNode(db, "c1").value).toEqual([]);
});

test("a renamed host is one node, under its new name, also when the old name is gone only later", async () => {
  const { keeper, change, pass, healthOf, names } = keeperRig();
  keeper.lead();
  await pass(0);
  await change("join", clientMember("c1"));
  await change("failed", clientMember("c1", { status: "failed" }));
  await change("join", clientMember("d1", { id: nodeIdOf("c1") }));
  expect(names()).toEqual(["d1"]);
  await change("leave", clientMember("c1", { status: "left" }));
  await change("reap", clientMember("c1", { status: "left" }));
  expect([names(), healthOf("d1")]).toEqual([["d1"], [["serfHealth", "passing", "Agent alive and reachable"]]]);
  // And back again.
  await change("failed", clientMember("d1", { id: nodeIdOf("c1"), status: "failed" }));
  await change("join", clientMember("c1"));
  expect(names()).toEqual(["c1"]);
});

test("twins are told once, and again when they come again", async () => {
  const { keeper, change, pass, log } = keeperRig();
  keeper.lead();
  await pass(0);
  const twin = clientMember("c2", { id: nodeIdOf("c1") });
  await change("join", clientMember("c1"), twin);
  await pass(MINUTE_MS);
  await change("join", clientMember("x", { tags: { role: "other" } }));
  await pass(MINUTE_MS);
  expect(log.messages("error")).toHaveLength(1);
  expect(log.messages("warn")).toEqual(["member is no agent, the catalog does not show it"]);
  await change("leave", { ...twin, status: "left" });
  await pass(200);
  await change("join", twin);
  await pass(200);
  expect(log.messages("error")).toHaveLength(2);
});

test("a thousand that fail at once are written in batches that leave the loop free between", async () => {
  const { keeper, change, pass, batches, healthOf } = keeperRig();
  keeper.lead();
  await pass(0);
  const all = Array.from({ length: 1000 }, (_, i) => clientMember(`n${i}`, { id: nodeIdOf(`${i}`.padStart(8, "0")) }));
  await change("join", ...all);
  await settle(2000);
  const before = batches.flat().length;
  await change("failed", ...all.map((member): PoolMember => ({ ...member, status: "failed" })));
  // The first batch waits for the log before the next one is proposed.
  expect(batches.flat().length - before).toBeLessThan(1000);
  await settle(2000);
  expect(batches.flat().length - before).toBe(1000);
  expect(healthOf("n999")).toMatchObject([["serfHealth", "critical", "Agent not live or unreachable"]]);
});

test("who is back before it was written is not failed", async () => {
  const { keeper, change, pass, healthOf, failWith } = keeperRig();
  keeper.lead();
  await pass(0);
  const all = Array.from({ length: 100 }, (_, i) => clientMember(`n${i}`, { id: nodeIdOf(`${i}`.padStart(8, "0")) }));
  await change("join", ...all);
  await settle(2000);
  failWith(new Error("No cluster leader"));
  await change("failed", ...all.map((member): PoolMember => ({ ...member, status: "failed" })));
  failWith(undefined);
  await change("join", ...all.slice(50));
  await pass(1000);
  await settle(2000);
  expect(healthOf("n0")[0]?.[1]).toBe("critical");
  expect(healthOf("n99")[0]?.[1]).toBe("passing");
});

test("nothing is written by a server that doesn't lead any more, nor twice by one that leads again", async () => {
  const { keeper, change, pass, batches, clock } = keeperRig();
  keeper.lead();
  await pass(0);
  keeper.stop();
  await change("join", clientMember("c1"));
  await pass(MINUTE_MS);
  expect([batches.flat(), clock.pendingMs]).toEqual([[], []]);
  keeper.lead();
  keeper.lead();
  await pass(0);
  expect(batches.flat()).toHaveLength(1);
  // The other timer commits the state.
  expect(clock.pendingMs).toEqual([100, MINUTE_MS]);
});

test("what nobody has come back for is forgotten after three days", async () => {
  const { keeper, pass, world, db, clock } = keeperRig();
  keeper.lead();
  await pass(0);
  world.register("c1", { id: nodeIdOf("c1"), service: { Service: "web" }, checks: [{ CheckID: "serfHealth" }] });
  world.apply({ type: "catalog.deregister", node: "c1", serviceId: "web", onPurpose: { atMs: clock.nowMs() } });
  for (let hour = 0; hour < 71; hour++) await pass(HOUR_MS);
  expect(oldestDeregistrationMs(db)).toBeDefined();
  for (let hour = 0; hour < 2; hour++) await pass(HOUR_MS);
  expect(oldestDeregistrationMs(db)).toBeUndefined();
});
