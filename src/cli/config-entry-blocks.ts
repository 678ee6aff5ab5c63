import { type ConfigEntry, schemaOfKind } from "../model/config-entry/config-entry.ts";
import { isObject } from "../model/config-entry/go-value.ts";
import { type Plan, planOf } from "../model/config-entry/plan.ts";

/** Lists in settings of later versions, which stay lists when they hold one object. */
const LISTS = new Set(["cipher_suites", "hash_policies", "header", "methods", "path", "providers", "verify_claims"]);

/**
 * An entry whose free settings have objects where HCL has blocks. HCL gives a list for each block, and only a schema tells one from a
 * list. The settings of `proxy-defaults` have none: there every list of one stands for its item, as in Consul.
 */
export function withoutBlocks(entry: ConfigEntry): ConfigEntry {
  const schema = schemaOfKind(entry.Kind);
  if (schema === undefined) return entry;
  // Only lists in free settings change, and those are of no type.
  return inTyped(planOf(schema), entry, entry.Kind === "proxy-defaults") as ConfigEntry;
}

function inTyped(plan: Plan, value: unknown, isFree: boolean): unknown {
  if (value === null) return value;
  if (plan.kind === "any") return isFree ? unwrapAll(value) : unwrapBlocks(value, "");
  if (plan.kind === "list" && Array.isArray(value)) return value.map((item) => inTyped(plan.of, item, isFree));
  if (!isObject(value)) return value;
  if (plan.kind === "map")
    return mapped(value, (item, key) =>
      plan.of.kind === "any" && !isFree ? unwrapBlocks(item, key) : inTyped(plan.of, item, isFree),
    );
  if (plan.kind !== "struct") return value;
  const plans = new Map(plan.fields.map((field) => [field.name, field.plan]));
  return mapped(value, (item, name) => {
    const inner = plans.get(name);
    return inner === undefined ? item : inTyped(inner, item, isFree);
  });
}

function unwrapAll(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 1 ? unwrapAll(value[0]) : value.map(unwrapAll);
  return isObject(value) ? mapped(value, unwrapAll) : value;
}

function unwrapBlocks(value: unknown, key: string): unknown {
  if (isObject(value)) return mapped(value, unwrapBlocks);
  if (!Array.isArray(value)) return value;
  const [only] = value;
  const isBlock = value.length === 1 && isObject(only) && !LISTS.has(underlined(key));
  return isBlock ? unwrapBlocks(only, "") : value.map((item) => unwrapBlocks(item, ""));
}

function mapped(value: Record<string, unknown>, change: (item: unknown, key: string) => unknown): unknown {
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, change(item, key)]));
}

const underlined = (key: string) => key.replace(/([a-z])([A-Z])/g, "$1_$2").toLowerCase();
