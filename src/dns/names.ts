import { splitLabels } from "../codec/dns/name.ts";
import { TYPE } from "../codec/dns/types.ts";
import type { ServiceFilter } from "./source.ts";

/** The own domains, lower case and without the final dot; the root is `""`. */
export interface Zones {
  readonly domain: string;
  readonly altDomain: string | undefined;
}

/** What a name under the own domain asks for; names are lower case, `datacenter` is `""` when none was given. */
export type Target =
  | { readonly kind: "service"; readonly name: string; readonly datacenter: string; readonly filter: ServiceFilter }
  | { readonly kind: "node"; readonly name: string; readonly datacenter: string }
  | { readonly kind: "query"; readonly name: string; readonly datacenter: string }
  | { readonly kind: "address"; readonly hex: string }
  | { readonly kind: "invalid" };

const INVALID: Target = { kind: "invalid" };
const KINDS = new Set(["service", "connect", "ingress", "node", "query", "addr"]);

export function zonesOf(config: { domain: string; altDomain: string }): Zones {
  const altDomain = plain(config.altDomain);
  return { domain: plain(config.domain), altDomain: altDomain === "" ? undefined : altDomain };
}

/** Who answers for a lower-case name: the registry, its reverse zone, or nobody here. The longer zone wins. */
export function zoneOf(name: string, zones: Zones): "own" | "reverse" | "foreign" {
  if (isUnder(name, "arpa")) return "reverse";
  if (isUnder(name, zones.domain)) return "own";
  return zones.altDomain !== undefined && isUnder(name, zones.altDomain) ? "own" : "foreign";
}

/**
 * Reads a lower-case name under an own domain. Labels are read from the right up to the first that names a kind; what
 * follows it is a datacenter. For SRV a label with `_` begins a service even without the word `service`.
 */
export function parseTarget(name: string, type: number, zones: Zones): Target {
  const labels = splitLabels(withoutDomain(name, zones));
  for (let i = labels.length - 1; i >= 0; i--) {
    const label = labels[i] ?? "";
    if (KINDS.has(label)) return targetOf(label, labels.slice(0, i), labels.slice(i + 1));
    if (type === TYPE.SRV && label.startsWith("_"))
      return targetOf("service", labels.slice(0, i + 1), labels.slice(i + 1));
  }
  return INVALID;
}

function targetOf(kind: string, parts: readonly string[], suffixes: readonly string[]): Target {
  if (parts.length === 0 || suffixes.length > 1) return INVALID;
  const datacenter = suffixes[0] ?? "";
  const last = parts.at(-1) ?? "";
  switch (kind) {
    case "service":
      return serviceTarget(parts, datacenter);
    // Labels before a mesh or ingress name are ignored, as Consul does.
    case "connect":
      return { kind: "service", name: last, datacenter, filter: { connect: true } };
    case "ingress":
      return { kind: "service", name: last, datacenter, filter: { ingress: true } };
    case "node":
    case "query":
      return { kind, name: parts.join("."), datacenter };
    default:
      return parts.length === 1 ? { kind: "address", hex: last } : INVALID;
  }
}

/** `_name._proto` (RFC 2782; `_tcp` is no filter, other protocols are tags) or `tag.name`; a tag may have dots. */
function serviceTarget(parts: readonly string[], datacenter: string): Target {
  const [first = "", second = ""] = parts;
  if (parts.length === 2 && first.startsWith("_") && second.startsWith("_")) {
    const proto = second.slice(1);
    const filter = proto === "tcp" || proto === "" ? {} : { tag: proto };
    return { kind: "service", name: first.slice(1), datacenter, filter };
  }
  const tag = parts.slice(0, -1).join(".");
  return { kind: "service", name: parts.at(-1) ?? "", datacenter, filter: tag === "" ? {} : { tag } };
}

function withoutDomain(name: string, zones: Zones): string {
  const under = [zones.domain, zones.altDomain ?? zones.domain].filter((zone) => isUnder(name, zone));
  const zone = under.sort((a, b) => b.length - a.length)[0] ?? "";
  if (zone === "") return name;
  return name.length === zone.length ? "" : name.slice(0, -zone.length - 1);
}

function isUnder(name: string, zone: string): boolean {
  return zone === "" || name === zone || (name.endsWith(zone) && name.at(-zone.length - 1) === ".");
}

function plain(domain: string): string {
  return domain.toLowerCase().replace(/^\.+|\.+$/g, "");
}
