import { expect, test } from "bun:test";
import { ProxyDefaults, ServiceDefaults } from "../../../../src/model/config-entry/defaults.ts";
import { IngressGateway } from "../../../../src/model/config-entry/gateways.ts";
import { gatewayServiceList, gatewaysOf } from "../../../../src/state/gateway-services/queries.ts";
import { World } from "../catalog/world.ts";

const listener = (Port: number, Protocol: string, ...names: string[]) => ({
  Port,
  Protocol,
  Services: names.map((Name) => ({ Name })),
});
const ingress = (...Listeners: object[]) => IngressGateway.parse({ Kind: "ingress-gateway", Name: "ing", Listeners });
const shown = ({ db }: World) =>
  gatewayServiceList(db, "ing").value.map(({ Service, Port }) => `${Service.Name} ${Port}`);

test("services come by folded name, ports in the order of Consul's index (observed, Consul 1.8.7)", () => {
  const world = new World();
  const ports = [300, 80, 9000, 443, 70].map((port) => listener(port, "tcp", "web"));
  world.apply({
    type: "config-entry.set",
    entry: ingress(...ports, listener(1, "tcp", "Zed"), listener(2, "tcp", "api")),
  });
  expect(shown(world)).toEqual(["api 2", "web 70", "web 80", "web 9000", "web 300", "web 443", "Zed 1"]);
});

test("of all services an ingress gateway shows those of the listener's protocol, and follows it (observed, Consul 1.8.7)", () => {
  const world = new World();
  world.register("n1", { service: { Service: "web" } });
  world.register("n1", { service: { Service: "db" } });
  world.apply({ type: "config-entry.set", entry: ingress(listener(80, "http", "*"), listener(90, "tcp", "db")) });
  expect(shown(world)).toEqual(["db 90"]);
  const { topics } = gatewayServiceList(world.db, "ing").interest;
  world.apply({
    type: "config-entry.set",
    entry: ServiceDefaults.parse({ Kind: "service-defaults", Name: "web", Protocol: "http" }),
  });
  expect(shown(world)).toEqual(["db 90", "web 80"]);
  expect(topics.some((topic) => world.touched.has(topic))).toBe(true);
  expect(gatewayServiceList(world.db, "ing").index).toBe(world.index);
  const global = ProxyDefaults.parse({ Kind: "proxy-defaults", Name: "global", Config: { Protocol: "HTTP" } });
  world.apply({ type: "config-entry.set", entry: global });
  expect(shown(world)).toEqual(["db 80", "db 90", "web 80"]);
});

test("gateways of a service are those of a kind, sorted, whatever the case", () => {
  const world = new World();
  world.apply({ type: "config-entry.set", entry: ingress(listener(80, "tcp", "Web"), listener(81, "tcp", "Web")) });
  world.apply({ type: "config-entry.set", entry: { ...ingress(listener(80, "tcp", "web")), Name: "A" } });
  expect(gatewaysOf(world.db, "WEB", "ingress-gateway")).toEqual(["a", "ing"]);
  expect(gatewaysOf(world.db, "web", "terminating-gateway")).toEqual([]);
});
