import { expect, test } from "bun:test";
import type { PoolMember } from "../../../src/gossip/types.ts";
import type { Change } from "../../../src/raft/core/types.ts";
import { Caretaker } from "../../../src/server/caretaker.ts";
import type { Member } from "../../../src/server/members.ts";
import { healthNode } from "../../../src/state/checks/queries.ts";
import { coordinatesOfNode } from "../../../src/state/coordinates/queries.ts";
import { nodeByName } from "../../../src/state/nodes/queries.ts";
import { serviceNodes } from "../../../src/state/services/queries.ts";
import { clientMember } from "../../support/pool-member.ts";
import { silentLogger } from "../../support/silent.ts";
import { stateRig } from "../../support/state-rig.ts";

const ID = (digit: string) => `${digit.repeat(8)}-1111-4111-8111-111111111111`;
const member = (digit: string, more: Partial<Member> = {}): Member => ({
  ...{ nodeId: ID(digit), name: `s${digit}`, address: `10.0.0.${digit}:8300`, datacenter: "dc1", clusterId: "x" },
  ...{ isConnected: true, isAlive: true, hasLeft: false, silentMs: 0, expect: 3, mayVote: true, version: "1" },
  ...{ taggedAddresses: { lan: `10.0.0.${digit}` }, nodeMeta: {} },
  ...more,
});
const gone = { isConnected: false, isAlive: false, silentMs: 10_000 };

function rig(members: Member[]) {
  const state = stateRig();
  const changes: Change[] = [];
  const world = {
    members,
    pool: [] as PoolMember[],
    servers: members.map(({ nodeId, address }) => ({ id: nodeId, address, voter: true })),
  };
  const caretaker = new Caretaker({
    db: state.db,
    propose: (command) => state.propose(command),
    raft: {
      configuration: () => ({ index: 1, configuration: { servers: world.servers } }),
      async changeConfiguration(change) {
        changes.push(change);
      },
    },
    members: () => world.members,
    pool: () => world.pool,
    updateCoordinate: (update) => void state.apply({ type: "coordinate.batch-update", updates: [update] }),
    log: silentLogger,
  });
  const healthOf = (name: string) => healthNode(state.db, name).value.map(({ Status }) => Status);
  return { ...state, world, changes, caretaker, healthOf };
}

test("servers are registered once, with service, health and a coordinate", async () => {
  const { caretaker, db, healthOf, machine } = rig([member("1"), member("2")]);
  expect(await caretaker.round(0)).toBe(false);
  expect(
    serviceNodes(db, "consul").value.map(({ Node, Address, ServicePort }) => [Node, Address, ServicePort]),
  ).toEqual([
    ["s1", "10.0.0.1", 8300],
    ["s2", "10.0.0.2", 8300],
  ]);
  expect([healthOf("s1"), coordinatesOfNode(db, "s2").length]).toEqual([["passing"], 1]);
  const index = machine.appliedIndex;
  await caretaker.round(1000);
  expect(machine.appliedIndex).toBe(index);
});

test("a failed server is marked once, and well again when it is back", async () => {
  const { caretaker, world, healthOf, machine } = rig([member("1"), member("2")]);
  await caretaker.round(0);
  world.members = [member("1"), member("2", gone)];
  await caretaker.round(0);
  const index = machine.appliedIndex;
  await caretaker.round(0);
  expect([healthOf("s2"), machine.appliedIndex]).toEqual([["critical"], index]);
  world.members = [member("1"), member("2")];
  await caretaker.round(0);
  expect(healthOf("s2")).toEqual(["passing"]);
});

test("a server that moved is registered with its new port; its agent tells the rest", async () => {
  const { caretaker, world, db, changes } = rig([member("1"), member("2")]);
  await caretaker.round(0);
  world.members = [member("1"), member("2", { address: "10.0.0.2:8400" })];
  expect(await caretaker.round(0)).toBe(true);
  expect(changes).toEqual([{ kind: "add", server: { id: ID("2"), address: "10.0.0.2:8400" } }]);
  expect(serviceNodes(db, "consul").value.map(({ ServicePort }) => ServicePort)).toEqual([8300, 8400]);
});

test("a new server under the name of a failed one takes its place: nothing of the old one stays", async () => {
  const { caretaker, world, db, apply, changes } = rig([member("1"), member("2")]);
  await caretaker.round(0);
  world.members = [member("1"), member("2", gone), member("3", { name: "s2" })];
  await caretaker.round(0);
  expect(changes).toEqual([{ kind: "remove", serverId: ID("2") }]);
  const node = { ID: ID("2"), Node: "s2", Address: "10.0.0.2", Datacenter: "dc1", TaggedAddresses: null, Meta: null };
  apply({ type: "catalog.register", node, skipNodeUpdate: true, checks: [] });
  world.members = [member("1"), member("3", { name: "s2" })];
  world.servers = [member("1"), member("3")].map(({ nodeId, address }) => ({ id: nodeId, address, voter: true }));
  await caretaker.round(0);
  expect(nodeByName(db, "s2")?.ID).toBe(ID("3"));
});

test("who was taken out and went leaves the catalog; what a user calls consul stays", async () => {
  const { caretaker, world, db, apply } = rig([member("1"), member("2")]);
  await caretaker.round(0);
  const node = { ID: "", Node: "ext", Address: "10.0.0.9", Datacenter: "dc1", TaggedAddresses: null, Meta: null };
  const shown = serviceNodes(db, "consul").value[0];
  const service = {
    ...{ ID: "consul-ui", Service: "consul", Tags: [], Address: "", Meta: null, Port: 1, EnableTagOverride: false },
    ...{ Weights: { Passing: 1, Warning: 1 }, Proxy: shown?.ServiceProxy ?? {}, Connect: {} },
  };
  apply({ type: "catalog.register", node, skipNodeUpdate: false, service: service as never, checks: [] });
  world.members = [member("1")];
  world.servers = world.servers.slice(0, 1);
  await caretaker.round(60_000);
  expect(serviceNodes(db, "consul").value.map(({ Node }) => Node)).toEqual(["ext", "s1"]);
  expect(nodeByName(db, "s2")).toBeUndefined();
});

test("a server that became a client keeps its node, without the service that says it is a server", async () => {
  const { caretaker, world, db } = rig([member("1"), member("2")]);
  await caretaker.round(0);
  world.members = [member("1")];
  world.servers = world.servers.slice(0, 1);
  world.pool = [clientMember("s2", { id: ID("2") })];
  await caretaker.round(60_000);
  expect(serviceNodes(db, "consul").value.map(({ Node }) => Node)).toEqual(["s1"]);
  expect(nodeByName(db, "s2")?.ID).toBe(ID("2"));
});

test("a server that is to stay out is added again only after its connection was lost", async () => {
  const { caretaker, world, changes } = rig([member("1"), member("2")]);
  world.servers = world.servers.slice(0, 1);
  caretaker.keepOut(ID("2"));
  await caretaker.round(0);
  expect(changes).toEqual([]);
  caretaker.letIn(ID("2"));
  await caretaker.round(0);
  expect(changes).toEqual([{ kind: "add", server: { id: ID("2"), address: "10.0.0.2:8300" } }]);
});
