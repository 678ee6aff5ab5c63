import { expect, test } from "bun:test";
import { dnsState } from "../../../src/app/dns-state.ts";
import { TOPIC_CATALOG } from "../../../src/dns/source.ts";
import { World } from "../state/catalog/world.ts";

function rig() {
  const world = new World();
  world.register("n1", { address: "10.0.0.1", service: { Service: "web", Tags: ["v1"], Address: "10.9.9.9" } });
  world.register("n2", { address: "10.0.0.2", service: { Service: "consul", Port: 8300 } });
  return { world, source: dnsState(world.db, world.rig.publisher, () => undefined) };
}

test("DNS sees nodes by name and address whatever their case, and services by their own address", () => {
  const { source } = rig();
  expect(source.node("N1")?.Address).toBe("10.0.0.1");
  expect(source.nodesByAddress("10.0.0.2").map((node) => node.Node)).toEqual(["n2"]);
  expect(source.servicesByAddress("10.9.9.9").map(({ Service, Port }) => [Service, Port])).toEqual([["web", 80]]);
});

test("instances are found by name and tag; servers are the nodes of the service consul", () => {
  const { source } = rig();
  const nodes = (tag?: string) =>
    source.serviceInstances("web", tag === undefined ? {} : { tag }).map((instance) => instance.Node.Node);
  expect([nodes(), nodes("v1"), nodes("v2")]).toEqual([["n1"], ["n1"], []]);
  expect(source.servers().map((node) => node.Node)).toEqual(["n2"]);
});

test("a kept answer about a service falls when its instances or their health change, not with others", () => {
  const { world, source } = rig();
  let changes = 0;
  const follow = () => source.subscribe(["service/web"], () => changes++);
  follow();
  world.register("n3", { service: { Service: "db" } });
  expect(changes).toBe(0);
  world.register("n1", { checks: [{ ServiceID: "web", ServiceName: "web", Status: "critical" }] });
  expect(changes).toBe(1);
  follow();
  world.register("n3", { service: { Service: "web" } });
  expect(changes).toBe(2);
});

test("a kept answer about the whole catalog falls with any node or service", () => {
  const { world, source } = rig();
  let changes = 0;
  source.subscribe([TOPIC_CATALOG], () => changes++);
  world.register("n4");
  expect(changes).toBe(1);
});

test("gateways are not there", () => {
  const { source } = rig();
  expect(source.serviceInstances("web", { ingress: true })).toEqual([]);
});
