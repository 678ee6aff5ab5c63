import { expect, test } from "bun:test";
import { serviceList } from "../../../../src/state/services/queries.ts";
import { usageOf } from "../../../../src/state/services/usage.ts";
import { World } from "../catalog/world.ts";

test("usage: names, instances, kinds and nodes; only what is neither proxy, gateway nor server is billable", () => {
  const world = new World();
  world.register("s1", { service: { Service: "consul" } });
  for (const node of ["a", "b"]) world.register(node, { service: { Service: "web", Meta: { Kind: "mesh-gateway" } } });
  world.register("a", { service: { Service: "api", Connect: { Native: true } } });
  world.register("a", {
    service: { Service: "web-proxy", Kind: "connect-proxy", Proxy: { DestinationServiceName: "web" } },
  });
  world.register("a", { service: { Service: "gate", Kind: "terminating-gateway" } });
  expect(usageOf(world.db)).toEqual({
    Services: 5,
    ServiceInstances: 6,
    ConnectServiceInstances: {
      "connect-native": 1,
      "connect-proxy": 1,
      "ingress-gateway": 0,
      "mesh-gateway": 0,
      "terminating-gateway": 1,
    },
    BillableServiceInstances: 3,
    Nodes: 3,
  });
});

test("the list of services of some instances has their names and their tags alone", () => {
  const world = new World();
  world.register("a", { service: { Service: "web", Tags: ["old"] } });
  world.register("b", { service: { Service: "web", Tags: ["new"] } });
  world.register("b", { service: { Service: "db" } });
  const onB = serviceList(world.db, {}, ({ Node }) => Node === "b");
  expect(onB.value).toEqual({ db: [], web: ["new"] });
});
