import { expect, test } from "bun:test";
import { ProxyDefaults, ServiceDefaults } from "../../../../src/model/config-entry/defaults.ts";
import { ServiceConfig } from "../../../../src/model/service-config.ts";
import { resolveServiceConfig } from "../../../../src/state/config-entries/resolve.ts";
import { configEntryTopic } from "../../../../src/state/config-entries/topics.ts";
import { stateRig } from "../../../support/state-rig.ts";

const NOTHING = ServiceConfig.parse({ UpstreamConfigs: {} });

const PATH = { ListenerPort: 1, Path: "/g", LocalPathPort: 2, Protocol: "", ParsedFromCheck: false };

function rigWith(all: object | undefined, services: Record<string, object> = {}) {
  const rig = stateRig();
  const set = (entry: unknown) => rig.apply({ type: "config-entry.set", entry: entry as ServiceDefaults });
  if (all !== undefined) set(ProxyDefaults.parse({ Kind: "proxy-defaults", Name: "global", ...all }));
  for (const [Name, fields] of Object.entries(services)) {
    set(ServiceDefaults.parse({ Kind: "service-defaults", Name, ...fields }));
  }
  return {
    ...rig,
    resolve: (name: string, ...upstreams: string[]) => resolveServiceConfig(rig.db, { name, upstreams }),
  };
}

test("without entries nothing is said", () => {
  expect(rigWith(undefined).resolve("web", "db").value).toEqual(NOTHING);
});

test("what all proxies have counts for a service that says nothing", () => {
  const { resolve } = rigWith({
    Config: { a: 1 },
    MeshGateway: { Mode: "local" },
    Expose: { Checks: true, Paths: [PATH] },
  });
  const expected = { ProxyConfig: { a: 1 }, MeshGateway: { Mode: "local" }, Expose: { Checks: true, Paths: [PATH] } };
  expect(resolve("web").value).toEqual({ ...NOTHING, ...expected });
});

test("a service's own defaults win over those of all, setting by setting (observed, Consul 1.8.7)", () => {
  const own = { Protocol: "http", MeshGateway: { Mode: "remote" }, Expose: { Paths: [{ ...PATH, Path: "/w" }] } };
  const { resolve } = rigWith(
    { Config: { a: 1, protocol: "tcp" }, MeshGateway: { Mode: "local" }, Expose: { Checks: true, Paths: [PATH] } },
    { web: own, bare: {} },
  );
  expect(resolve("web").value).toEqual({
    ...NOTHING,
    ProxyConfig: { a: 1, protocol: "http" },
    MeshGateway: { Mode: "remote" },
    Expose: { Checks: true, Paths: [{ ...PATH, Path: "/w" }] },
  });
  expect(resolve("bare").value.MeshGateway).toEqual({ Mode: "local" });
  expect(resolve("bare").value.ProxyConfig).toEqual({ a: 1, protocol: "tcp" });
});

test("an upstream has the protocol of its defaults, or that of all proxies, and nothing else", () => {
  const services = { db: { Protocol: "grpc", MeshGateway: { Mode: "none" } }, silent: {} };
  expect(
    rigWith({ Config: { protocol: "http" } }, services).resolve("web", "db", "silent", "db").value.UpstreamConfigs,
  ).toEqual({
    db: { protocol: "grpc" },
    silent: { protocol: "http" },
  });
  expect(rigWith(undefined, services).resolve("web", "db", "silent").value.UpstreamConfigs).toEqual({
    db: { protocol: "grpc" },
  });
});

test("only the entries that are asked for wake who waits", () => {
  const rig = rigWith(undefined, { web: {}, db: {} });
  const { interest, index } = rig.resolve("web", "db");
  expect(interest.topics).toEqual([
    configEntryTopic("proxy-defaults", "global"),
    configEntryTopic("service-defaults", "WEB"),
    configEntryTopic("service-defaults", "db"),
  ]);
  expect(index).toBe(rig.index);
});

test("a service named as a property of all objects is a service like others", () => {
  const { resolve } = rigWith(undefined, { constructor: { Protocol: "http" } });
  expect(resolve("web", "constructor", "toString").value.UpstreamConfigs).toEqual({
    constructor: { protocol: "http" },
  } as never);
});

test("settings that Consul has since 1.9 are those of the proxy, a service's own over those of all", () => {
  const own = {
    Mode: "transparent",
    MaxInboundConnections: 5,
    LocalConnectTimeoutMs: 100,
    TransparentProxy: { DialedDirectly: true },
  };
  const { resolve } = rigWith(
    { Config: { a: 1, max_inbound_connections: 3 }, Mode: "direct", TransparentProxy: { OutboundListenerPort: 15001 } },
    { web: own },
  );
  expect(resolve("web").value).toMatchObject({
    ProxyConfig: { a: 1, local_connect_timeout_ms: 100, max_inbound_connections: 5 },
    Mode: "transparent",
    TransparentProxy: { OutboundListenerPort: 15001, DialedDirectly: true },
  });
  expect(resolve("other").value.Mode).toBe("direct");
});

test("how a service wants to reach its upstreams wins over what they say of themselves, one over all", () => {
  const UpstreamConfig = {
    Defaults: {
      Protocol: "http2",
      ConnectTimeoutMs: 50,
      MeshGateway: { Mode: "local" },
      Limits: { MaxConnections: 9 },
    },
    Overrides: [{ Name: "DB", Protocol: "tcp", MeshGateway: { Mode: "remote" } }],
  };
  const { resolve } = rigWith({ Config: { protocol: "http" } }, { web: { UpstreamConfig }, db: { Protocol: "grpc" } });
  const { UpstreamConfigs, UpstreamMode, UpstreamModes } = resolve("web", "db", "cache").value;
  const common = { connect_timeout_ms: 50, limits: { MaxConnections: 9 } };
  expect(UpstreamConfigs).toEqual({ db: { ...common, protocol: "tcp" }, cache: { ...common, protocol: "http2" } });
  expect([UpstreamMode, UpstreamModes]).toEqual(["local", { db: "remote" }]);
});
