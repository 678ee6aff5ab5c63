import { expect, test } from "bun:test";
import { catalogOverview } from "../../../../src/state/internal-ui/overview.ts";
import { World } from "../catalog/world.ts";

const counted = (Name: string | undefined, Passing: number, Warning: number, Critical: number, others = 0) => ({
  ...(Name === undefined ? {} : { Name }),
  ...{ Total: Passing + Warning + Critical + others, Passing, Warning, Critical },
});

test("nodes and instances are as healthy as the worst of their own checks; services and checks go by name (Consul 1.13)", () => {
  const world = new World();
  world.register("a", { checks: [{ CheckID: "x", Name: "disk", Status: "warning" }] });
  world.register("a", { service: { ID: "w1", Service: "web" } });
  world.register("b", { checks: [{ CheckID: "x", Name: "disk", Status: "odd" }] });
  world.register("b", {
    service: { ID: "w2", Service: "web" },
    checks: [
      { CheckID: "1", Name: "alive", ServiceID: "w2", Status: "warning" },
      { CheckID: "2", Name: "alive", ServiceID: "w2", Status: "critical" },
    ],
  });
  expect(catalogOverview(world.db).value).toEqual({
    Nodes: [counted(undefined, 1, 1, 0)],
    Services: [counted("web", 1, 0, 1)],
    Checks: [counted("alive", 0, 1, 1), counted("disk", 0, 1, 0, 1)],
  });
});
