import { PROXY_DEFAULTS_NAME } from "../../model/config-entry/config-entry.ts";
import type { ServiceConfig, ServiceConfigRequest } from "../../model/service-config.ts";
import type { StateDb } from "../db.ts";
import { tableIndex } from "../indexes/queries.ts";
import type { QueryResult } from "../query.ts";
import { CONFIG_ENTRIES_INDEX, configEntry } from "./queries.ts";
import { configEntryTopic } from "./topics.ts";

const INDEXES = [CONFIG_ENTRIES_INDEX] as const;
const PROTOCOL = "protocol";

/**
 * What `proxy-defaults` and the `service-defaults` of the service and its upstreams say together: the service's own over
 * those of all proxies. Of an upstream only the protocol counts, by default that of all proxies.
 */
export function resolveServiceConfig(
  db: StateDb,
  { name, upstreams }: ServiceConfigRequest,
): QueryResult<ServiceConfig> {
  const all = configEntry(db, "proxy-defaults", PROXY_DEFAULTS_NAME);
  const own = configEntry(db, "service-defaults", name);
  const names = [...new Set(upstreams)].sort();
  const value: ServiceConfig = {
    ProxyConfig: own?.Protocol ? { ...all?.Config, [PROTOCOL]: own.Protocol } : (all?.Config ?? null),
    UpstreamConfigs: upstreamConfigs(db, names, all?.Config?.[PROTOCOL]),
    MeshGateway: { Mode: own?.MeshGateway.Mode || all?.MeshGateway.Mode || "" },
    Expose: {
      Checks: (own?.Expose.Checks ?? false) || (all?.Expose.Checks ?? false),
      Paths: own?.Expose.Paths?.length ? own.Expose.Paths : (all?.Expose.Paths ?? null),
    },
  };
  const topics = [
    configEntryTopic("proxy-defaults", PROXY_DEFAULTS_NAME),
    ...new Set([name, ...names].map((service) => configEntryTopic("service-defaults", service))),
  ];
  return { value, ...tableIndex(db, INDEXES), interest: { topics } };
}

function upstreamConfigs(db: StateDb, names: readonly string[], common: unknown): ServiceConfig["UpstreamConfigs"] {
  const configs: [string, Record<string, unknown>][] = [];
  for (const name of names) {
    const protocol = configEntry(db, "service-defaults", name)?.Protocol || common;
    if (protocol !== undefined && protocol !== null) configs.push([name, { [PROTOCOL]: protocol }]);
  }
  return Object.fromEntries(configs);
}
