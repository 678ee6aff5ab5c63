import { goQuote, utf8Length } from "../../lang/filter/go-string.ts";
import { Refusal } from "../../lib/refusal.ts";
import { checkIngress, checkTerminating, normalIngress } from "./check-gateways.ts";
import { checkIntentions, normalIntentions } from "./check-intentions.ts";
import { checkExportedServices, checkMesh, MESH_NAME } from "./check-mesh.ts";
import { checkResolver, checkRouter, checkSplitter, normalRouter, normalSplitter } from "./check-routing.ts";
import { type ConfigEntry, PROXY_DEFAULTS_NAME } from "./config-entry.ts";
import { manyErrors } from "./go-value.ts";

const META_PAIRS_MAX = 64;
const META_KEY_BYTES_MAX = 128;
const META_VALUE_BYTES_MAX = 512;

/**
 * The entry in its normal form. Throws a Refusal (500) in Consul's words for one that can't be, looked at alone; what entries must be
 * together is looked at when the change is applied.
 */
export function checkedConfigEntry(entry: ConfigEntry): ConfigEntry {
  const normal = normalised(entry);
  const problem = problemOf(normal) ?? metaProblem(normal.Meta);
  if (problem !== undefined) throw new Refusal(problem);
  return normal;
}

function normalised(entry: ConfigEntry): ConfigEntry {
  switch (entry.Kind) {
    case "service-defaults":
      return { ...entry, Protocol: entry.Protocol.toLowerCase() };
    case "proxy-defaults":
      return { ...entry, Name: PROXY_DEFAULTS_NAME };
    case "mesh":
      return { ...entry, Name: MESH_NAME };
    case "service-router":
      return normalRouter(entry);
    case "service-splitter":
      return normalSplitter(entry);
    case "ingress-gateway":
      return normalIngress(entry);
    case "service-intentions":
      return normalIntentions(entry);
    default:
      return entry;
  }
}

function problemOf(entry: ConfigEntry): string | undefined {
  switch (entry.Kind) {
    case "service-router":
      return checkRouter(entry);
    case "service-splitter":
      return checkSplitter(entry);
    case "service-resolver":
      return checkResolver(entry);
    case "ingress-gateway":
      return checkIngress(entry);
    case "terminating-gateway":
      return checkTerminating(entry);
    case "service-intentions":
      return checkIntentions(entry);
    case "mesh":
      return checkMesh(entry);
    case "exported-services":
      return checkExportedServices(entry);
    default:
      return entry.Name === "" ? "serviceName is required" : undefined;
  }
}

function metaProblem(meta: Readonly<Record<string, string>> | null): string | undefined {
  const pairs = Object.entries(meta ?? {});
  const problems = pairs.length > META_PAIRS_MAX ? [`Meta exceeds maximum element count ${META_PAIRS_MAX}`] : [];
  for (const [key, value] of pairs) {
    if (utf8Length(key) > META_KEY_BYTES_MAX) {
      problems.push(`Meta key ${goQuote(key)} exceeds maximum length ${META_KEY_BYTES_MAX}`);
    }
    if (utf8Length(value) > META_VALUE_BYTES_MAX) {
      problems.push(`Meta value for key ${goQuote(key)} exceeds maximum length ${META_VALUE_BYTES_MAX}`);
    }
  }
  return problems.length === 0 ? undefined : manyErrors(problems);
}
