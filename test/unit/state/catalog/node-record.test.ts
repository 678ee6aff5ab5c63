import { expect, test } from "bun:test";
import { nodeRecord } from "../../../../src/state/catalog/node-record.ts";
import { World } from "./world.ts";

const ID = "11111111-1111-4111-8111-111111111111";

test("all that an agent compares itself with, and what was deregistered of the node with its id", () => {
  const world = new World();
  world.register("n1", { id: ID, service: { Service: "web" }, checks: [{ CheckID: "serfHealth" }] });
  world.register("n1", { id: ID, service: { Service: "db" } });
  world.apply({ type: "catalog.deregister", node: "n1", serviceId: "db", onPurpose: { atMs: 1 } });
  const { node, services, checks, deregistered } = nodeRecord(world.db, "N1", ID);
  expect(node?.ID).toBe(ID);
  expect(services.map(({ ID }) => ID)).toEqual(["web"]);
  expect(checks.map(({ CheckID }) => CheckID)).toEqual(["serfHealth"]);
  expect(deregistered).toMatchObject([{ Kind: "service", Was: { ID: "db" } }]);
  expect(nodeRecord(world.db, "n1", "").deregistered).toEqual([]);
});

test("nobody is behind an unknown name", () => {
  expect(nodeRecord(new World().db, "n1", ID)).toEqual({ node: null, services: [], checks: [], deregistered: [] });
});
