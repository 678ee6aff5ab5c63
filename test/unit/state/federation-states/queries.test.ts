import { expect, test } from "bun:test";
import {
  federationStateGet,
  federationStateList,
  meshGateways,
} from "../../../../src/state/federation-states/queries.ts";
import { World } from "../catalog/world.ts";

const state = (Datacenter: string, more = {}) => ({ Datacenter, UpdatedAt: "2026-01-01T00:00:00Z", ...more });
const mesh = (ID: string, Service = "mesh") => ({ service: { ID, Service, Kind: "mesh-gateway", Port: 1 } });

test("mesh gateways come by node and service id, the failed ones too; what is empty is null (observed, Consul 1.8.7)", () => {
  const world = new World();
  world.register("n2", mesh("b"));
  world.register("n2", mesh("a", "Other"));
  world.register("n1", { ...mesh("z"), checks: [{ CheckID: "c", ServiceID: "z", Status: "critical" }] });
  world.register("n1", { service: { Service: "web" } });
  world.register("n1", { service: { ID: "plain", Service: "mesh" } });
  const found = meshGateways(world.db).value;
  expect(found.map(({ Node, Service }) => `${Node.Node} ${Service.ID}`)).toEqual(["n1 z", "n2 a", "n2 b"]);
  expect(found[0]?.Checks).toMatchObject([{ CheckID: "c", ServiceTags: null }]);
  expect(found[1]?.Checks).toBeNull();
});

test("who waits for mesh gateways is woken by them, their checks and nodes, and by nothing else", () => {
  const world = new World();
  const woken = (run: () => void) => {
    const before = meshGateways(world.db);
    run();
    const woke = before.interest.topics.some((topic) => world.touched.has(topic));
    expect(woke).toBe(JSON.stringify(before.value) !== JSON.stringify(meshGateways(world.db).value));
    return woke;
  };
  expect(woken(() => world.register("n1", { service: { Service: "web" } }))).toBe(false);
  expect(woken(() => world.register("n1", mesh("m")))).toBe(true);
  expect(woken(() => world.register("n1", { checks: [{ CheckID: "node" }] }))).toBe(true);
  expect(woken(() => world.register("n1", { address: "10.0.0.9" }))).toBe(true);
  expect(woken(() => world.register("n2", { service: { Service: "web" } }))).toBe(false);
  expect(woken(() => world.register("n1", { service: { ID: "m", Service: "now-ordinary" } }))).toBe(true);
  expect(woken(() => world.register("n1", mesh("m2", "second")))).toBe(true);
  expect(woken(() => world.apply({ type: "catalog.deregister", node: "n1" }))).toBe(true);
});

test("a state is as old as its change here; the own one names the same change as that of the datacenter", () => {
  const world = new World();
  world.apply({ type: "federation-state.set", state: state("dc1") });
  world.apply({ type: "federation-state.set", state: state("dc2", { PrimaryModifyIndex: 77 }) });
  world.apply({ type: "federation-state.set", state: state("dc1") });
  expect(federationStateList(world.db).value).toEqual([
    { ...state("dc1"), PrimaryModifyIndex: 3, CreateIndex: 1, ModifyIndex: 3 },
    { ...state("dc2"), PrimaryModifyIndex: 77, CreateIndex: 2, ModifyIndex: 2 },
  ]);
  expect(federationStateGet(world.db, "DC2")).toMatchObject({ value: { Datacenter: "dc2" }, index: 3 });
});

test("a state that is forgotten is gone; one that is unknown moves nothing", () => {
  const world = new World();
  world.apply({ type: "federation-state.set", state: state("dc1") });
  world.apply({ type: "federation-state.delete", datacenter: "DC1" });
  expect(federationStateGet(world.db, "dc1")).toMatchObject({ value: undefined, index: 2 });
  world.apply({ type: "federation-state.delete", datacenter: "dc1" });
  expect(federationStateList(world.db).index).toBe(2);
});
