import { expect, test } from "bun:test";
import { InstanceMemo } from "../../../src/server/instance-memo.ts";
import { World } from "../state/catalog/world.ts";

function rig() {
  const world = new World();
  world.register("n1", { service: { Service: "web" } });
  return { world, memo: new InstanceMemo(world.db, world.rig.publisher) };
}

test("a service is read once as long as nothing of it changes", () => {
  const { world, memo } = rig();
  const first = memo.find("web", false);
  expect(first.map(({ Node }) => Node.Node)).toEqual(["n1"]);
  world.register("n2", { service: { Service: "db" } });
  expect(memo.find("web", false)).toBe(first);
  world.register("n1", { checks: [{ CheckID: "c", Status: "critical" }] });
  expect(memo.find("web", false)[0]?.Checks.map(({ Status }) => Status)).toEqual(["critical"]);
});

test("a service that nobody has is looked for each time", () => {
  const { world, memo } = rig();
  expect(memo.find("api", false)).toEqual([]);
  world.register("n1", { service: { Service: "api" } });
  expect(memo.find("api", false).length).toBe(1);
});

test("what the mesh reaches a service through is another answer", () => {
  const { world, memo } = rig();
  expect([memo.find("web", false).length, memo.find("web", true).length]).toEqual([1, 0]);
  world.register("n2", { service: { Service: "web", Connect: { Native: true } } });
  expect([memo.find("web", false).length, memo.find("web", true).length]).toEqual([2, 1]);
});
