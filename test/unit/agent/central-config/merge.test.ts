import { expect, test } from "bun:test";
import fc from "fast-check";
import { mergedProxy, requestFor } from "../../../../src/agent/central-config/merge.ts";
import { buildService } from "../../../../src/agent/local/build.ts";
import { decodeServiceDefinition } from "../../../../src/model/definition.ts";
import { ServiceConfig } from "../../../../src/model/service-config.ts";

const serviceOf = (json: object) => buildService(decodeServiceDefinition({ Name: "p", Port: 1, ...json }));
const proxyOf = (proxy: object) =>
  serviceOf({
    Kind: "connect-proxy",
    Proxy: { DestinationServiceName: "web", DestinationServiceID: "web1", ...proxy },
  });
const central = (said: object) => ServiceConfig.parse({ UpstreamConfigs: {}, ...said });
/** As texts: the order of keys is part of the answer. */
const merged = (proxy: object, said: object) =>
  JSON.parse(JSON.stringify(mergedProxy(proxyOf(proxy).Proxy, central(said)))) as Record<string, unknown>;

test("a sidecar is asked about by the service that it is for, and by its upstreams that are services", () => {
  const Upstreams = [
    { DestinationName: "db", LocalBindPort: 1 },
    { DestinationType: "prepared_query", DestinationName: "geo", LocalBindPort: 2 },
    { DestinationName: "cache", LocalBindPort: 3, Datacenter: "dc2" },
  ];
  expect(requestFor(proxyOf({ Upstreams }))).toEqual({ name: "web", upstreams: ["db", "cache"] });
});

test("a gateway is asked about by its own name", () => {
  for (const Kind of ["mesh-gateway", "ingress-gateway", "terminating-gateway"]) {
    expect(requestFor(serviceOf({ Kind, Name: "gw", ID: "gw1" }))).toEqual({ name: "gw", upstreams: [] });
  }
});

test("ordinary services, and proxies that stand for no instance, are left alone (observed, Consul 1.8.7)", () => {
  expect(requestFor(serviceOf({}))).toBeUndefined();
  expect(requestFor(serviceOf({ Connect: { Native: true } }))).toBeUndefined();
  expect(requestFor(serviceOf({ Kind: "connect-proxy", Proxy: { DestinationServiceName: "web" } }))).toBeUndefined();
});

test("a registration's own setting wins, unless it is a zero value; maps are merged at every depth (observed)", () => {
  const own = { z: 0, s: "", f: false, n: { c: 2, a: 7, b: { y: 1 } }, l: [], nul: null, m: {}, own: [3], d: { e: 0 } };
  const said = {
    z: 1,
    s: "s",
    f: true,
    n: { a: 1, b: { x: 1 } },
    l: [1, 2],
    nul: 5,
    m: { k: 1 },
    own: [4],
    d: { e: 5 },
    more: 1.5,
  };
  expect(merged({ Config: own }, { ProxyConfig: said }).Config).toEqual({
    ...{ d: { e: 5 }, f: true, l: [1, 2], m: { k: 1 }, more: 1.5, n: { a: 7, b: { x: 1, y: 1 }, c: 2 } },
    ...{ nul: 5, own: [3], s: "s", z: 1 },
  });
});

test("where one has a map and the other does not, the registration's own counts (observed)", () => {
  expect(
    merged({ Config: { n: 5, m: { a: 1 }, l: [1] } }, { ProxyConfig: { n: { a: 1 }, m: 7, l: { a: 1 } } }).Config,
  ).toEqual({
    ...{ l: [1], m: { a: 1 }, n: 5 },
  });
});

test("the mode of a proxy is that of its upstreams which say none, though not of prepared queries", () => {
  const Upstreams = [
    { DestinationName: "db", LocalBindPort: 1 },
    { DestinationName: "cache", LocalBindPort: 2, MeshGateway: { Mode: "none" } },
    { DestinationType: "prepared_query", DestinationName: "geo", LocalBindPort: 3 },
  ];
  const modes = (proxy: object, Mode: string) => {
    const { MeshGateway, Upstreams: each } = merged({ Upstreams, ...proxy }, { MeshGateway: { Mode } });
    return [MeshGateway, ...(each as { MeshGateway: object }[]).map((upstream) => upstream.MeshGateway)];
  };
  expect(modes({}, "local")).toEqual([{ Mode: "local" }, { Mode: "local" }, { Mode: "none" }, {}]);
  expect(modes({ MeshGateway: { Mode: "remote" } }, "local")).toEqual([
    ...[{ Mode: "remote" }, { Mode: "remote" }, { Mode: "none" }, {}],
  ]);
});

test("an upstream gets its protocol, unless its registration has one", () => {
  const Upstreams = [
    { DestinationName: "db", LocalBindPort: 1 },
    { DestinationName: "cache", LocalBindPort: 2, Config: { protocol: "tcp", x: 1 } },
    { DestinationName: "toString", LocalBindPort: 3 },
  ];
  const said = { UpstreamConfigs: { db: { protocol: "grpc" }, cache: { protocol: "http2" } } };
  const configs = (merged({ Upstreams }, said).Upstreams as { Config: unknown }[]).map(({ Config }) => Config);
  expect(configs).toEqual([{ protocol: "grpc" }, { protocol: "tcp", x: 1 }, null]);
});

test("exposed paths are the registration's or those of the entries, checks are exposed if one says so", () => {
  const path = (Path: string) => ({ ListenerPort: 9, Path, LocalPathPort: 8 });
  const said = { Expose: { Checks: true, Paths: [path("/g")] } };
  expect(merged({ Expose: { Paths: [path("/m")] } }, said).Expose).toEqual({
    Checks: true,
    Paths: [{ ...path("/m"), ParsedFromCheck: false }],
  });
  expect(merged({}, said).Expose).toEqual({ Checks: true, Paths: [{ ...path("/g"), ParsedFromCheck: false }] });
});

test("entries that say nothing change nothing", () => {
  const own = proxyOf({ Config: { b: 0, a: "" }, Upstreams: [{ DestinationName: "db", LocalBindPort: 1 }] }).Proxy;
  expect(JSON.stringify(mergedProxy(own, central({})))).toBe(JSON.stringify(own));
});

test("merging twice is merging once, and changes neither of the two", () => {
  const json = fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 4 }) as fc.Arbitrary<Record<string, unknown>>;
  fc.assert(
    fc.property(json, json, (Config, ProxyConfig) => {
      const own = { ...serviceOf({ Kind: "mesh-gateway" }).Proxy, Config };
      const said = central({ ProxyConfig });
      const before = JSON.stringify([own, said]);
      const once = mergedProxy(own, said);
      expect(JSON.stringify(mergedProxy(once, said))).toBe(JSON.stringify(once));
      expect(JSON.stringify([own, said])).toBe(before);
    }),
  );
});

test("an upstream's mode is the nearest of six that says one (Consul since 1.10)", () => {
  const modeOf = (upstream: string, override: string, own: string, defaults: string, all: string) => {
    const Upstreams = [{ DestinationName: "db", LocalBindPort: 1, MeshGateway: { Mode: upstream } }];
    const said = {
      MeshGateway: { Mode: all },
      UpstreamMode: defaults,
      UpstreamModes: override === "" ? {} : { db: override },
    };
    const proxy = merged({ Upstreams, MeshGateway: { Mode: own } }, said) as {
      Upstreams: { MeshGateway: { Mode?: string } }[];
    };
    return proxy.Upstreams[0]?.MeshGateway.Mode;
  };
  const names = ["upstream", "override", "own", "defaults", "all"] as const;
  for (const [at, name] of names.entries()) {
    const [upstream = "", override = "", own = "", defaults = "", all = ""] = names.map((each, i) =>
      i < at ? "" : each,
    );
    expect(modeOf(upstream, override, own, defaults, all)).toBe(name);
  }
});

test("mode and listener of transparent proxies are the registration's or those of the entries", () => {
  const said = { Mode: "transparent", TransparentProxy: { OutboundListenerPort: 15001, DialedDirectly: true } };
  expect(merged({}, said)).toMatchObject(said);
  const own = { Mode: "direct", TransparentProxy: { OutboundListenerPort: 1 } };
  expect(merged(own, said)).toMatchObject({
    Mode: "direct",
    TransparentProxy: { OutboundListenerPort: 1, DialedDirectly: true },
  });
  expect(Object.keys(merged({ Config: { a: 1 } }, said))).toEqual([
    ...[
      "DestinationServiceName",
      "DestinationServiceID",
      "Mode",
      "TransparentProxy",
      "Config",
      "MeshGateway",
      "Expose",
    ],
  ]);
});
