import type { ConfigEntry } from "../../model/config-entry/config-entry.ts";

/**
 * What of an entry decides whether it goes together with others, as a text that can be compared. Weights, timeouts, filters and what
 * routes match do not: they may change as often as they like, whoever else leads to the service.
 */
export function shapeOf(entry: ConfigEntry): string {
  return JSON.stringify(partsOf(entry));
}

function partsOf(entry: ConfigEntry): unknown {
  switch (entry.Kind) {
    case "service-defaults":
      return [entry.Protocol.toLowerCase(), entry.ExternalSNI !== ""];
    case "service-router":
      return (entry.Routes ?? []).map(({ Destination: to }) => to && [to.Service, to.ServiceSubset, to.Namespace]);
    case "service-splitter":
      return (entry.Splits ?? []).map(({ Service, ServiceSubset }) => [Service, ServiceSubset]);
    case "service-resolver":
      return [entry.DefaultSubset, Object.keys(entry.Subsets ?? {}), entry.Redirect, entry.Failover];
    default:
      return entry;
  }
}
