import { expect, test } from "bun:test";
import type { Deregistered } from "../../../../src/model/deregistered.ts";
import type { OwnersClaim } from "../../../../src/model/registration.ts";
import { checksOfNode } from "../../../../src/state/checks/queries.ts";
import { DEREGISTRATIONS_MAX } from "../../../../src/state/deregistrations/commands.ts";
import { deregistrationsOf, oldestDeregistrationMs } from "../../../../src/state/deregistrations/queries.ts";
import { deregisteredTopic } from "../../../../src/state/deregistrations/topics.ts";
import { nodeByName } from "../../../../src/state/nodes/queries.ts";
import { servicesOfNode } from "../../../../src/state/services/queries.ts";
import { healthCheck, instance, World } from "../catalog/world.ts";

const ID = "11111111-1111-4111-8111-111111111111";
const NEW_ID = "22222222-2222-4222-8222-222222222222";
const AT_MS = 1000;
const serfHealth = (Status: string) => ({ CheckID: "serfHealth", Name: "Serf Health Status", Status });

/** A node with an agent, two services and a check of the node. */
function agentWorld(): World {
  const world = new World();
  world.register("n1", { id: ID, service: { Service: "web" }, checks: [serfHealth("passing"), { CheckID: "disk" }] });
  world.register("n1", { id: ID, service: { Service: "db" }, checks: [{ CheckID: "db-up", ServiceID: "db" }] });
  return world;
}

const remove = (world: World, what: { serviceId?: string; checkId?: string } = {}, node = "n1", atMs = AT_MS) =>
  world.apply({ type: "catalog.deregister", node, ...what, onPurpose: { atMs } });
const registerAsOwner = (world: World, byOwner: OwnersClaim, service: string, check?: string, id = ID) =>
  world.apply({
    type: "catalog.register",
    node: { ID: id, Node: "n1", Address: "10.0.0.1", Datacenter: "dc1", TaggedAddresses: null, Meta: null },
    skipNodeUpdate: true,
    service: instance({ Service: service }),
    checks: check === undefined ? [] : [healthCheck({ Node: "n1", CheckID: check, ServiceID: service })],
    byOwner,
  });
const NOTHING_NEW: OwnersClaim = { service: false, checks: [] };
const brief = (messages: readonly Deregistered[]) =>
  messages.map((each) => `${each.Kind} ${each.Kind === "service" ? each.Was.ID : each.Was.CheckID}`);

test("a service that is deregistered on purpose leaves its agent a message, and wakes it", () => {
  const world = agentWorld();
  remove(world, { serviceId: "WEB" });
  expect(deregistrationsOf(world.db, ID)).toMatchObject([
    { Kind: "service", Node: "n1", Index: world.index, AtMs: AT_MS, Was: { ID: "web", Service: "web" } },
  ]);
  expect(world.touched).toContain(deregisteredTopic(ID));
  remove(world, { checkId: "disk" });
  expect(brief(deregistrationsOf(world.db, ID))).toEqual(["check disk", "service web"]);
});

test("what its agent has no more, and what the leader sees gone, leaves none", () => {
  const world = agentWorld();
  world.apply({ type: "catalog.deregister", node: "n1", serviceId: "web" });
  world.apply({ type: "catalog.deregister", node: "n1" });
  expect(deregistrationsOf(world.db, ID)).toEqual([]);
});

test("a node without an agent has nobody to tell, and what isn't there is no deregistration", () => {
  const world = new World();
  world.register("ext", { id: ID, service: { Service: "web" } });
  remove(world, { serviceId: "web" }, "ext");
  remove(agentWorld(), { serviceId: "none" });
  remove(world, {}, "nobody");
  expect(deregistrationsOf(world.db, ID)).toEqual([]);
});

test("a node takes its services and its own checks along, but not what the leader writes", () => {
  const world = agentWorld();
  world.register("n1", { id: ID, service: { Service: "consul" } });
  remove(world);
  expect(brief(deregistrationsOf(world.db, ID))).toEqual(["check disk", "service db", "service web"]);
});

test("an agent that says what it has had before is refused, with nothing written", () => {
  const world = agentWorld();
  remove(world, { serviceId: "web" });
  expect(registerAsOwner(world, NOTHING_NEW, "web")).toBe('service "web" was deregistered on purpose');
  expect(servicesOfNode(world.db, "n1").map(({ ID }) => ID)).toEqual(["db"]);
  expect(registerAsOwner(world, NOTHING_NEW, "db")).toBe(true);
  remove(world, { checkId: "db-up" });
  expect(registerAsOwner(world, NOTHING_NEW, "db", "db-up")).toBe('check "db-up" was deregistered on purpose');
  expect(registerAsOwner(world, { service: true, checks: [] }, "db", "db-up")).toBe(
    'check "db-up" was deregistered on purpose',
  );
  expect(checksOfNode(world.db, "n1").map(({ CheckID }) => CheckID)).toEqual(["disk", "serfHealth"]);
});

test("what was registered anew at its agent, or by anybody in the catalog, is there again and the message is gone", () => {
  const world = agentWorld();
  remove(world);
  world.register("n1", { id: ID, checks: [serfHealth("passing")] });
  expect(registerAsOwner(world, { service: true, checks: ["c"] }, "web", "c")).toBe(true);
  world.register("n1", { service: { Service: "db" } });
  expect(brief(deregistrationsOf(world.db, ID))).toEqual(["check disk"]);
  world.register("n1", { id: ID, checks: [{ CheckID: "disk" }] });
  expect(deregistrationsOf(world.db, ID)).toEqual([]);
});

test("transactions remove on purpose and register anew", () => {
  const world = agentWorld();
  const txn = (Verb: string) =>
    world.apply({
      type: "txn.apply",
      ops: [
        { Service: { Verb, Node: "n1", Service: { Service: "web" } } },
        { Check: { Verb, Check: { Node: "n1", CheckID: "disk", Name: "disk" } } },
      ],
      atMs: AT_MS,
    });
  txn("delete");
  expect(brief(deregistrationsOf(world.db, ID))).toEqual(["check disk", "service web"]);
  txn("set");
  expect(deregistrationsOf(world.db, ID)).toEqual([]);
  world.apply({ type: "txn.apply", ops: [{ Node: { Verb: "delete", Node: { Node: "n1" } } }], atMs: AT_MS });
  expect(deregistrationsOf(world.db, ID)).toHaveLength(3);
});

test("an owner forgets what it has dropped, but not what was deregistered again since", () => {
  const world = agentWorld();
  remove(world, { serviceId: "web" });
  const first = world.index;
  world.register("n1", { id: ID, service: { Service: "web" } });
  remove(world, { serviceId: "web" });
  const forget = (index: number) =>
    world.apply({ type: "deregistration.forget", nodeId: ID, items: [{ kind: "service", id: "web", index }] });
  forget(first);
  expect(deregistrationsOf(world.db, ID)).toHaveLength(1);
  forget(world.index - 1);
  expect(deregistrationsOf(world.db, ID)).toEqual([]);
});

test("messages end after a time, and when there are too many the oldest go", () => {
  const world = agentWorld();
  remove(world, { serviceId: "web" }, "n1", 10);
  remove(world, { serviceId: "db" }, "n1", 20);
  expect(oldestDeregistrationMs(world.db)).toBe(10);
  world.apply({ type: "deregistration.expire", beforeMs: 20 });
  expect(brief(deregistrationsOf(world.db, ID))).toEqual(["service db"]);
  for (let i = 0; i < DEREGISTRATIONS_MAX; i++) world.register("n1", { id: ID, service: { Service: `s${i}` } });
  remove(world, {}, "n1", 30);
  expect(deregistrationsOf(world.db, ID)).toHaveLength(DEREGISTRATIONS_MAX);
  expect(brief(deregistrationsOf(world.db, ID))).not.toContain("service db");
  world.apply({ type: "deregistration.expire", beforeMs: 31 });
  expect(oldestDeregistrationMs(world.db)).toBeUndefined();
});

test("a new agent under the name of a failed one begins with nothing, and no message is for it", () => {
  const world = agentWorld();
  world.register("n1", { id: ID, checks: [serfHealth("critical")] });
  remove(world, { serviceId: "web" });
  world.register("n1", { id: NEW_ID, service: { Service: "cache" } });
  expect(nodeByName(world.db, "n1")).toMatchObject({ ID: NEW_ID, CreateIndex: world.index });
  expect(servicesOfNode(world.db, "n1").map(({ ID }) => ID)).toEqual(["cache"]);
  expect(deregistrationsOf(world.db, NEW_ID)).toEqual([]);
  expect(registerAsOwner(world, NOTHING_NEW, "web", undefined, NEW_ID)).toBe(true);
});
