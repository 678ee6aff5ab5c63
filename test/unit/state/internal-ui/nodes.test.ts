import { expect, test } from "bun:test";
import type { UiNode } from "../../../../src/model/internal-ui.ts";
import { uiNode, uiNodes } from "../../../../src/state/internal-ui/nodes.ts";
import { World } from "../catalog/world.ts";

const nodesOf = ({ db }: World) => JSON.parse(uiNodes(db).value) as UiNode[];

test("nodes come by name, with services by id and checks by id; what is not there is an empty list (observed, Consul 1.8.7)", () => {
  const world = new World();
  world.register("b", { meta: { rack: "r1" } });
  world.register("A", { service: { Service: "z" } });
  world.register("A", { service: { Service: "y" }, checks: [{ CheckID: "d" }, { CheckID: "c", ServiceID: "y" }] });
  const [first, second] = nodesOf(world);
  expect(first?.Services.map(({ ID }) => ID)).toEqual(["y", "z"]);
  expect(first?.Checks.map(({ CheckID }) => CheckID)).toEqual(["c", "d"]);
  expect(second).toEqual({
    ...{ ID: "", Node: "b", Address: "10.0.0.1", TaggedAddresses: null, Meta: { rack: "r1" } },
    ...{ Services: [], Checks: [] },
  });
});

test("checks have the tags of their service: null where it has none, a list where it has an empty one (observed, Consul 1.8.7)", () => {
  const world = new World();
  world.register("n", { service: { Service: "none", Tags: null } });
  world.register("n", { service: { Service: "empty", Tags: [] } });
  world.register("n", { service: { Service: "some", Tags: ["t"] } });
  for (const ServiceID of ["none", "empty", "some", ""]) {
    world.register("n", { checks: [{ CheckID: `c${ServiceID}`, ServiceID, Output: '"ServiceTags":[]' }] });
  }
  const tagsOf = () => Object.fromEntries(nodesOf(world)[0]?.Checks.map((c) => [c.CheckID, c.ServiceTags]) ?? []);
  expect(tagsOf()).toEqual({ c: null, cnone: null, cempty: [], csome: ["t"] });
  world.apply({ type: "catalog.deregister", node: "n", serviceId: "empty" });
  expect(tagsOf()).toEqual({ c: null, cnone: null, csome: ["t"] });
  expect(nodesOf(world)[0]?.Checks[0]?.Output).toBe('"ServiceTags":[]');
});

test("the text is that of now after every kind of change, and after all rows were replaced", () => {
  const world = new World();
  const seen = new Set<string>();
  const look = () => seen.add(uiNodes(world.db).value).size;
  world.register("n");
  expect(look()).toBe(1);
  world.register("n", { service: { Service: "web" } });
  expect(look()).toBe(2);
  world.register("n", { checks: [{ CheckID: "c" }] });
  expect(look()).toBe(3);
  world.register("n", { checks: [{ CheckID: "c", Status: "critical" }] });
  expect(look()).toBe(4);
  world.apply({ type: "catalog.deregister", node: "n", checkId: "c" });
  expect(nodesOf(world)[0]?.Checks).toEqual([]);
  world.rig.machine.flush();
  world.db.$client.run("DELETE FROM services");
  world.rig.machine.reload();
  expect(nodesOf(world)[0]?.Services).toEqual([]);
});

test("one node is found whatever the case, and waits for itself alone", () => {
  const world = new World();
  world.register("Web-1", { service: { Service: "web" } });
  const found = uiNode(world.db, "wEB-1");
  expect(JSON.parse(found.value ?? "null")).toMatchObject({ Node: "Web-1", Services: [{ ID: "web" }] });
  expect(uiNode(world.db, "web").value).toBeUndefined();
  const woke = () => found.interest.topics.some((topic) => world.touched.has(topic));
  world.register("other", { service: { Service: "web" } });
  expect(woke()).toBe(false);
  world.register("web-1", { checks: [{ CheckID: "c" }] });
  expect(woke()).toBe(true);
});
