import { describe, expect, test } from "bun:test";
import { IngressGateway, TerminatingGateway } from "../../../../src/model/config-entry/gateways.ts";
import { uiGatewayServices, uiServices } from "../../../../src/state/internal-ui/services.ts";
import { World } from "../catalog/world.ts";

const DNS = { datacenter: "dc1", domains: ["consul.", "alt.test."] };

function world(): World {
  const made = new World();
  const web = (ID: string, Tags: string[], source: string) => ({
    ...{ ID, Service: "web", Tags },
    Meta: source === "" ? null : { "external-source": source },
  });
  made.register("b", { service: web("w1", ["z", "a"], "nomad"), checks: [{ CheckID: "node", Status: "warning" }] });
  made.register("b", {
    service: web("w2", ["a"], ""),
    checks: [{ CheckID: "w2", ServiceID: "w2", Status: "critical" }],
  });
  made.register("a", { service: web("w", [], "kubernetes") });
  made.register("a", {
    service: { Service: "px", Kind: "connect-proxy", Proxy: { DestinationServiceName: "web" } },
    checks: [{ CheckID: "px", ServiceID: "px" }],
  });
  return made;
}

describe("services in one line each (observed, Consul 1.8.7)", () => {
  test("a check of the node counts for each instance, one of an instance for it", () => {
    expect(uiServices(world().db).value).toEqual([
      {
        ...{ Kind: "connect-proxy", Name: "px", Tags: null, Nodes: ["a"], InstanceCount: 1, ProxyFor: ["web"] },
        ...{ ChecksPassing: 1, ChecksWarning: 0, ChecksCritical: 0, ExternalSources: null, GatewayConfig: {} },
      },
      {
        ...{ Name: "web", Tags: ["a", "z"], Nodes: ["a", "b", "b"], InstanceCount: 3 },
        ...{ ChecksPassing: 0, ChecksWarning: 2, ChecksCritical: 1 },
        ...{ ExternalSources: ["kubernetes", "nomad"], GatewayConfig: {} },
      },
    ]);
  });

  test("of some instances they are made as of all", () => {
    const { db } = world();
    expect(uiServices(db, () => true).value).toEqual(uiServices(db).value);
    const [only] = uiServices(db, ({ Node }) => Node.Node === "a").value;
    expect(uiServices(db, ({ Node }) => Node.Node === "a").value).toHaveLength(2);
    expect(only).toMatchObject({ Name: "px", InstanceCount: 1 });
  });
});

describe("services of a gateway (observed, Consul 1.8.7)", () => {
  const ingress = (...Listeners: object[]) => IngressGateway.parse({ Kind: "ingress-gateway", Name: "ing", Listeners });
  const listener = (Port: number, ...Services: object[]) => ({ Port, Protocol: "tcp", Services });

  test("have the addresses by which an ingress gateway is asked for them, in each domain or by their hosts", () => {
    const made = world();
    made.apply({
      type: "config-entry.set",
      entry: ingress(
        listener(80, { Name: "web" }, { Name: "far", Hosts: ["x.example"] }),
        listener(81, { Name: "web" }),
      ),
    });
    const { value } = uiGatewayServices(made.db, "ING", DNS);
    expect(
      value.map(({ Name, InstanceCount, GatewayConfig }) => [Name, InstanceCount, GatewayConfig.Addresses]),
    ).toEqual([
      ["far", 0, ["x.example:80"]],
      [
        "web",
        3,
        [
          "web.ingress.dc1.consul.:80",
          "web.ingress.dc1.alt.test.:80",
          "web.ingress.dc1.consul.:81",
          "web.ingress.dc1.alt.test.:81",
        ],
      ],
    ]);
    expect(value[0]).toMatchObject({ Tags: null, Nodes: null, ExternalSources: null });
  });

  test("a reader of them waits for the links, the instances and their health, and for nothing else", () => {
    const made = world();
    made.apply({
      type: "config-entry.set",
      entry: TerminatingGateway.parse({ Kind: "terminating-gateway", Name: "t", Services: [{ Name: "web" }] }),
    });
    const woken = (run: () => void) => {
      const { index, interest } = uiGatewayServices(made.db, "t", DNS);
      run();
      const woke = interest.topics.some((topic) => made.touched.has(topic));
      expect(woke).toBe(uiGatewayServices(made.db, "t", DNS).index > index);
      return woke;
    };
    expect(woken(() => made.register("a", { service: { Service: "db" } }))).toBe(false);
    expect(woken(() => made.register("a", { checks: [{ CheckID: "n" }] }))).toBe(true);
    expect(woken(() => made.register("c", { service: { Service: "web" } }))).toBe(true);
    expect(woken(() => made.apply({ type: "config-entry.delete", kind: "terminating-gateway", name: "t" }))).toBe(true);
    expect(uiGatewayServices(made.db, "t", DNS).value).toEqual([]);
  });

  test("of very many are the same as of few, and are waited for as well", () => {
    const made = new World();
    const Services = Array.from({ length: 65 }, (_, i) => ({ Name: `s${i}` }));
    for (const { Name } of Services) {
      made.register("n", {
        service: { Service: Name },
        checks: [{ CheckID: Name, ServiceID: Name, Status: "warning" }],
      });
    }
    made.register("n", { service: { Service: "other" } });
    const entry = (Name: string, of: object[]) =>
      TerminatingGateway.parse({ Kind: "terminating-gateway", Name, Services: of });
    made.apply({ type: "config-entry.set", entry: entry("many", Services) });
    made.apply({ type: "config-entry.set", entry: entry("few", Services.slice(0, 60)) });
    const { value, index, interest } = uiGatewayServices(made.db, "many", DNS);
    const few = uiGatewayServices(made.db, "few", DNS).value;
    expect([value.length, few.length]).toEqual([65, 60]);
    expect(value.filter(({ Name }) => few.some((one) => one.Name === Name))).toEqual(few);
    made.register("n", { checks: [{ CheckID: "s1", ServiceID: "s1", Status: "critical" }] });
    expect(interest.topics.some((topic) => made.touched.has(topic))).toBe(true);
    expect(uiGatewayServices(made.db, "many", DNS).index).toBeGreaterThan(index);
  });
});
