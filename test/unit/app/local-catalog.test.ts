import { expect, test } from "bun:test";
import { localCatalog } from "../../../src/app/local-catalog.ts";
import { NO_SECRET } from "../../../src/lib/secret.ts";
import { CatalogEndpoint } from "../../../src/server/endpoints/catalog.ts";
import { healthCheck, instance, World } from "../state/catalog/world.ts";

const node = {
  ...{ datacenter: "dc1", id: "", name: "n1", address: "10.0.0.1" },
  taggedAddresses: { lan: "10.0.0.1" },
  meta: { rack: "1" },
};

function rig() {
  const world = new World();
  const endpoint = new CatalogEndpoint({
    propose: (command) => world.rig.propose(command),
    clock: world.rig.clock,
    datacenter: "dc1",
  });
  let reads = 0;
  const access = {
    register: endpoint.register.bind(endpoint),
    deregister: endpoint.deregister.bind(endpoint),
    readable: async () => void reads++,
  };
  return { world, catalog: localCatalog(world.db, access), reads: () => reads };
}
const token = NO_SECRET;

test("what the agent registers is in the state, and is what it reads back to compare", async () => {
  const { catalog, reads } = rig();
  const checks = [healthCheck({ Node: "n1", CheckID: "c1", ServiceID: "web", ServiceName: "web" })];
  await catalog.register({ node, service: instance({ Service: "web" }), checks, skipNodeUpdate: false, token });
  const { node: known, services } = await catalog.nodeServices("n1", token);
  expect([known?.Address, known?.TaggedAddresses, known?.Meta]).toEqual([
    "10.0.0.1",
    { lan: "10.0.0.1" },
    { rack: "1" },
  ]);
  expect(services.map((service) => service.ID)).toEqual(["web"]);
  expect((await catalog.nodeChecks("n1", token)).map((check) => check.CheckID)).toEqual(["c1"]);
  // What was just written on the leader must be here before it is compared.
  expect(reads()).toBe(2);
});

test("a node that nobody registered has no record, no services and no checks", async () => {
  const { catalog } = rig();
  expect(await catalog.nodeServices("n1", token)).toEqual({ node: null, services: [] });
  expect(await catalog.nodeChecks("n1", token)).toEqual([]);
});

test("a service goes with its checks, and a check goes alone", async () => {
  const { catalog } = rig();
  const checks = [
    healthCheck({ Node: "n1", CheckID: "c1", ServiceID: "web" }),
    healthCheck({ Node: "n1", CheckID: "c2" }),
  ];
  await catalog.register({ node, service: instance({ Service: "web" }), checks, skipNodeUpdate: false, token });
  await catalog.deregister({ datacenter: "dc1", node: "n1", serviceId: "web", token });
  expect((await catalog.nodeServices("n1", token)).services).toEqual([]);
  expect((await catalog.nodeChecks("n1", token)).map((check) => check.CheckID)).toEqual(["c2"]);
  await catalog.deregister({ datacenter: "dc1", node: "n1", checkId: "c2", token });
  expect(await catalog.nodeChecks("n1", token)).toEqual([]);
});
