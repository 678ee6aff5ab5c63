import type { ConfigEntry } from "../../model/config-entry/config-entry.ts";

/** Stands for all services. */
const WILDCARD = "*";

/** Services beside its own that an entry leads to, by the names that it gives them; none of kinds that lead nowhere. */
export function relatedServices(entry: ConfigEntry): string[] {
  return [...new Set(namesIn(entry))].filter((name) => name !== entry.Name);
}

function namesIn(entry: ConfigEntry): string[] {
  switch (entry.Kind) {
    case "service-router":
      return (entry.Routes ?? []).map(({ Destination }) => Destination?.Service || entry.Name);
    case "service-splitter":
      return (entry.Splits ?? []).map(({ Service }) => Service || entry.Name);
    case "service-resolver":
      return [entry.Redirect, ...Object.values(entry.Failover ?? {})].map((to) => to?.Service || entry.Name);
    case "ingress-gateway":
      return (entry.Listeners ?? [])
        .flatMap(({ Services }) => (Services ?? []).map(({ Name }) => Name))
        .filter((name) => name !== WILDCARD);
    default:
      return [];
  }
}
