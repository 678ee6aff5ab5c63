import { expect, test } from "bun:test";
import { localCatalog } from "../../../src/app/local-catalog.ts";
import { NO_SECRET } from "../../../src/lib/secret.ts";
import { CatalogEndpoint } from "../../../src/server/endpoints/catalog.ts";
import { nodeByName } from "../../../src/state/nodes/queries.ts";
import { servicesOfNode } from "../../../src/state/services/queries.ts";
import { type AgentRig, agentRig, IDENTITY } from "../../support/agent-rig.ts";
import { healthCheck, instance, World } from "../state/catalog/world.ts";

const node = {
  ...{ datacenter: "dc1", id: "", name: "n1", address: "10.0.0.1" },
  taggedAddresses: { lan: "10.0.0.1" },
  meta: { rack: "1" },
};

function rig(world = new World()) {
  const endpoint = new CatalogEndpoint({
    propose: (command) => world.rig.propose(command),
    clock: world.rig.clock,
    datacenter: "dc1",
  });
  let reads = 0;
  const access = {
    register: endpoint.register.bind(endpoint),
    deregister: endpoint.deregister.bind(endpoint),
    forgetDeregistered: endpoint.forgetDeregistered.bind(endpoint),
    readable: async () => void reads++,
  };
  return { world, catalog: localCatalog(world.db, access), reads: () => reads };
}
const token = NO_SECRET;

const isNew = { service: false, checks: [] };
const of = { name: "n1", id: "" };

test("what the agent registers is in the state, and is what it reads back to compare", async () => {
  const { catalog, reads } = rig();
  const checks = [healthCheck({ Node: "n1", CheckID: "c1", ServiceID: "web", ServiceName: "web" })];
  await catalog.register({ node, service: instance({ Service: "web" }), checks, skipNodeUpdate: false, isNew, token });
  const { node: known, services, checks: stored } = await catalog.nodeView(of, token);
  expect([known?.Address, known?.TaggedAddresses, known?.Meta]).toEqual([
    "10.0.0.1",
    { lan: "10.0.0.1" },
    { rack: "1" },
  ]);
  expect(services.map((service) => service.ID)).toEqual(["web"]);
  expect(stored.map((check) => check.CheckID)).toEqual(["c1"]);
  // What was just written on the leader must be here before it is compared.
  expect(reads()).toBe(1);
});

test("a node that nobody registered has no record, no services and no checks", async () => {
  const { catalog } = rig();
  expect(await catalog.nodeView(of, token)).toEqual({ node: null, services: [], checks: [], deregistered: [] });
});

test("a service goes with its checks, and a check goes alone", async () => {
  const { catalog } = rig();
  const checks = [
    healthCheck({ Node: "n1", CheckID: "c1", ServiceID: "web" }),
    healthCheck({ Node: "n1", CheckID: "c2" }),
  ];
  await catalog.register({ node, service: instance({ Service: "web" }), checks, skipNodeUpdate: false, isNew, token });
  await catalog.deregister({ datacenter: "dc1", node: "n1", serviceId: "web", token });
  const { services, checks: left } = await catalog.nodeView(of, token);
  expect([services, left.map((check) => check.CheckID)]).toEqual([[], ["c2"]]);
  await catalog.deregister({ datacenter: "dc1", node: "n1", checkId: "c2", token });
  expect((await catalog.nodeView(of, token)).checks).toEqual([]);
});

/** An agent whose catalog is a real state, with the check of its membership as the leader writes it. */
function owner(world = new World(), before?: AgentRig) {
  const { catalog } = rig(world);
  const agent = agentRig({
    client: catalog,
    ...(before === undefined ? {} : { files: before.files, clock: before.clock }),
  });
  const { name, id } = IDENTITY;
  const says = (Status: string) =>
    world.register(name, { id, skipNodeUpdate: true, checks: [{ CheckID: "serfHealth", Status }] });
  const remove = (serviceId = "") =>
    world.apply({ type: "catalog.deregister", node: name, serviceId, onPurpose: { atMs: 1 } });
  const services = () => servicesOfNode(world.db, name).map(({ ID }) => ID);
  const own = () => agent.state.services().map(({ service }) => service.ID);
  async function compare() {
    agent.syncer.fullSync();
    await agent.synced();
    // A refused write asks for a comparison a second later.
    agent.clock.advance(1000);
    await agent.synced();
  }
  return { world, agent, says, remove, services, own, compare };
}

test("a service that is deregistered in the catalog is gone for good, with its owner's copy", async () => {
  const { agent, says, remove, services, own, compare, world } = owner();
  says("passing");
  await agent.service({ Name: "web", Check: { TTL: "10s" } });
  await agent.service({ Name: "db" });
  await compare();
  remove("web");
  await compare();
  expect([services(), own()]).toEqual([["db"], ["db"]]);
  const again = owner(world, agent);
  await again.agent.registrar.restore();
  await again.compare();
  expect([again.services(), again.own()]).toEqual([["db"], ["db"]]);
  await again.agent.service({ Name: "web", Check: { TTL: "10s" } });
  await again.compare();
  expect([again.services(), again.own()]).toEqual([
    ["db", "web"],
    ["db", "web"],
  ]);
});

test("a dead node that is deregistered comes back without the services that it had then", async () => {
  const { agent, says, remove, services, own, compare, world } = owner();
  says("passing");
  for (const Name of ["web", "db"]) await agent.service({ Name });
  await compare();
  says("critical");
  remove();
  expect(nodeByName(world.db, IDENTITY.name)).toBeUndefined();
  // It was only cut off; meanwhile somebody registered one thing more there.
  await agent.service({ Name: "cache" });
  says("passing");
  await compare();
  expect([services(), own()]).toEqual([["cache"], ["cache"]]);
});

test("a node that the leader sees gone brings all it has when it is back", async () => {
  const { agent, says, services, compare, world } = owner();
  says("passing");
  for (const Name of ["web", "db"]) await agent.service({ Name });
  await compare();
  world.apply({ type: "catalog.deregister", node: IDENTITY.name });
  await compare();
  expect(services()).toEqual(["db", "web"]);
});
