import { expect, test } from "bun:test";
import { QueryDefinition } from "../../../../src/model/prepared-query.ts";
import { healthService } from "../../../../src/state/catalog/queries.ts";
import { queryInstances } from "../../../../src/state/queries/execute.ts";
import { World } from "../catalog/world.ts";

const status = (CheckID: string, Status: string, ServiceID = "web") => ({ CheckID, Name: CheckID, Status, ServiceID });

function rig() {
  const world = new World();
  const web = { Service: "web", Port: 1 };
  world.register("n1", {
    service: { ...web, Tags: ["Blue", "v1"], Meta: { env: "prod" } },
    meta: { rack: "r1" },
  });
  world.register("n2", { service: { ...web, Tags: ["v2"] }, checks: [status("w", "warning")] });
  world.register("n3", { service: web, checks: [status("c", "critical")] });
  world.register("n4", { service: web, checks: [status("node", "critical", "")] });
  return (parts: object = {}) => {
    const { Service } = QueryDefinition.parse({ Service: { Service: "web", ...parts } });
    return queryInstances(healthService(world.db, "web").value, Service).map(({ Node }) => Node.Node);
  };
}

test("critical instances never come, those of a critical node neither; warnings do unless only passing ones are wanted", () => {
  const found = rig();
  expect(found()).toEqual(["n1", "n2"]);
  expect(found({ OnlyPassing: true })).toEqual(["n1"]);
});

test("checks that are to be ignored say nothing, whatever their state", () => {
  const found = rig();
  expect(found({ IgnoreCheckIDs: ["c"] })).toEqual(["n1", "n2", "n3"]);
  expect(found({ IgnoreCheckIDs: ["w", "node"], OnlyPassing: true })).toEqual(["n1", "n2", "n4"]);
});

test("all tags are wanted and those behind ! are not, whatever the case", () => {
  const found = rig();
  expect(found({ Tags: ["BLUE", "v1"] })).toEqual(["n1"]);
  expect(found({ Tags: ["v1", "v2"] })).toEqual([]);
  expect(found({ Tags: ["!bLUE"] })).toEqual(["n2"]);
  expect(found({ Tags: [""] })).toEqual([]);
  expect(found({ Tags: ["!"] })).toEqual(["n1", "n2"]);
});

test("metadata of the node and of the service must be there with these values", () => {
  const found = rig();
  expect(found({ NodeMeta: { rack: "r1" } })).toEqual(["n1"]);
  expect(found({ ServiceMeta: { env: "prod" } })).toEqual(["n1"]);
  expect(found({ ServiceMeta: { env: "" } })).toEqual([]);
  expect(found({ NodeMeta: { constructor: "x" } })).toEqual([]);
});
