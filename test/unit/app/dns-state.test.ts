import { expect, test } from "bun:test";
import { dnsState } from "../../../src/app/dns-state.ts";
import { TOPIC_CATALOG } from "../../../src/dns/source.ts";
import { IngressGateway } from "../../../src/model/config-entry/gateways.ts";
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

const ingress = IngressGateway.parse({
  Kind: "ingress-gateway",
  Name: "ing",
  Listeners: [{ Port: 8080, Protocol: "tcp", Services: [{ Name: "web" }] }],
});

test("ingress gateways of a service are those whose entry names it, and an answer falls with them and their health", () => {
  const { world, source } = rig();
  let changes = 0;
  const follow = () => source.subscribe(["ingress/web"], () => changes++);
  const nodes = () => source.serviceInstances("web", { ingress: true }).map(({ Node }) => Node.Node);
  world.register("g1", { service: { Service: "ing", Kind: "ingress-gateway" } });
  expect(nodes()).toEqual([]);
  follow();
  world.apply({ type: "config-entry.set", entry: ingress });
  expect([changes, nodes()]).toEqual([1, ["g1"]]);
  follow();
  world.register("g2", { service: { Service: "ing", Kind: "ingress-gateway" } });
  expect([changes, nodes()]).toEqual([2, ["g1", "g2"]]);
  follow();
  world.register("g2", { checks: [{ ServiceID: "ing", ServiceName: "ing", Status: "critical" }] });
  expect(changes).toBe(3);
  follow();
  world.register("n9", { service: { Service: "other" } });
  expect(changes).toBe(3);
});

test("an answer about what the mesh reaches a service through falls with the health of that", () => {
  const { world, source } = rig();
  let changes = 0;
  world.register("n1", {
    service: { Service: "px", Kind: "connect-proxy", Proxy: { DestinationServiceName: "web" } },
  });
  source.subscribe(["connect/web"], () => changes++);
  world.register("n1", { checks: [{ CheckID: "p", ServiceID: "px", ServiceName: "px", Status: "critical" }] });
  expect(changes).toBe(1);
});
