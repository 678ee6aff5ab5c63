import { type ConfigEntryOf, PROXY_DEFAULTS_NAME } from "../../model/config-entry/config-entry.ts";
import { filled } from "../../model/proxy-shape.ts";
import type { ServiceConfig, ServiceConfigRequest } from "../../model/service-config.ts";
import type { StateDb } from "../db.ts";
import { tableIndex } from "../indexes/queries.ts";
import type { QueryResult } from "../query.ts";
import { CONFIG_ENTRIES_INDEX, configEntry } from "./queries.ts";
import { configEntryTopic, nameKeyOf } from "./topics.ts";

type ServiceDefaults = ConfigEntryOf<"service-defaults">;
type ProxyDefaults = ConfigEntryOf<"proxy-defaults">;
type UpstreamSettings = NonNullable<NonNullable<ServiceDefaults["UpstreamConfig"]>["Defaults"]>;

const INDEXES = [CONFIG_ENTRIES_INDEX] as const;

/**
 * What `proxy-defaults` and the `service-defaults` of the service and its upstreams say together, the service's own over those of all
 * proxies. What Consul 1.8 knows is as there, the rest as its later versions document it.
 */
export function resolveServiceConfig(
  db: StateDb,
  { name, upstreams }: ServiceConfigRequest,
): QueryResult<ServiceConfig> {
  const all = configEntry(db, "proxy-defaults", PROXY_DEFAULTS_NAME);
  const own = configEntry(db, "service-defaults", name);
  const names = [...new Set(upstreams)].sort();
  const value: ServiceConfig = {
    ...ofProxy(all, own),
    UpstreamConfigs: byName(names, (upstream) => {
      const protocol = configEntry(db, "service-defaults", upstream)?.Protocol || all?.Config?.protocol;
      return {
        ...(protocol === undefined || protocol === null ? {} : { protocol }),
        ...settingsOf(own?.UpstreamConfig?.Defaults),
        ...settingsOf(overrideOf(own, upstream)),
      };
    }),
    UpstreamMode: own?.UpstreamConfig?.Defaults?.MeshGateway?.Mode ?? "",
    UpstreamModes: byName(names, (upstream) => overrideOf(own, upstream)?.MeshGateway?.Mode ?? ""),
  };
  const topics = [
    configEntryTopic("proxy-defaults", PROXY_DEFAULTS_NAME),
    ...new Set([name, ...names].map((service) => configEntryTopic("service-defaults", service))),
  ];
  return { value, ...tableIndex(db, INDEXES), interest: { topics } };
}

function ofProxy(all: ProxyDefaults | undefined, own: ServiceDefaults | undefined) {
  const config = { ...all?.Config, ...(own && ofService(own)) };
  return {
    ProxyConfig: Object.keys(config).length === 0 ? (all?.Config ?? null) : config,
    Mode: own?.Mode || all?.Mode || "",
    TransparentProxy: {
      OutboundListenerPort:
        own?.TransparentProxy?.OutboundListenerPort || all?.TransparentProxy?.OutboundListenerPort || 0,
      DialedDirectly: own?.TransparentProxy?.DialedDirectly || all?.TransparentProxy?.DialedDirectly || false,
    },
    MeshGateway: { Mode: own?.MeshGateway.Mode || all?.MeshGateway.Mode || "" },
    Expose: {
      Checks: (own?.Expose.Checks ?? false) || (all?.Expose.Checks ?? false),
      Paths: own?.Expose.Paths?.length ? own.Expose.Paths : (all?.Expose.Paths ?? null),
    },
  };
}

/** Fields of a service that are settings of its proxy. */
const ofService = (own: ServiceDefaults) =>
  filled({
    protocol: own.Protocol,
    balance_inbound_connections: own.BalanceInboundConnections,
    max_inbound_connections: own.MaxInboundConnections,
    local_connect_timeout_ms: own.LocalConnectTimeoutMs,
    local_request_timeout_ms: own.LocalRequestTimeoutMs,
  });

/** The same of an upstream. */
const settingsOf = (upstream: UpstreamSettings | null | undefined) =>
  filled({
    envoy_listener_json: upstream?.EnvoyListenerJSON,
    envoy_cluster_json: upstream?.EnvoyClusterJSON,
    protocol: upstream?.Protocol,
    connect_timeout_ms: upstream?.ConnectTimeoutMs,
    balance_outbound_connections: upstream?.BalanceOutboundConnections,
    limits: upstream?.Limits && filled(upstream.Limits),
    passive_health_check: upstream?.PassiveHealthCheck && filled(upstream.PassiveHealthCheck),
  });

const overrideOf = (own: ServiceDefaults | undefined, upstream: string) =>
  own?.UpstreamConfig?.Overrides?.find(({ Name, Peer }) => Peer === "" && nameKeyOf(Name) === nameKeyOf(upstream));

/** Without those of which nothing is said. */
function byName<T extends string | Record<string, unknown>>(names: readonly string[], of: (name: string) => T) {
  const said = names.map((name): [string, T] => [name, of(name)]);
  return Object.fromEntries(said.filter(([, value]) => Object.keys(value).length > 0));
}
