import type { Json } from "./types.ts";

/** Parses JSON; an integer that a double cannot hold becomes the string `<digits>n`. Throws SyntaxError. */
export function parseJson(text: string): Json {
  return JSON.parse(text, (_key: string, value: Json, context?: { source?: string }) => {
    if (typeof value !== "number" || Number.isSafeInteger(value) || context?.source === undefined) return value;
    return /^-?\d+$/.test(context.source) ? `${context.source}n` : value;
  }) as Json;
}

/** A copy in which `change` has been applied to every leaf; keys keep their order. */
export function mapLeaves(value: Json, change: (leaf: Json, key: string) => Json, key = ""): Json {
  if (Array.isArray(value)) return value.map((item) => mapLeaves(item, change, key));
  if (value !== null && typeof value === "object") {
    const copy: { [key: string]: Json } = {};
    for (const [name, item] of Object.entries(value)) copy[changedKey(name, change)] = mapLeaves(item, change, name);
    return copy;
  }
  return change(value, key);
}

/** Keys are texts too: a map by id has ids as keys. */
function changedKey(name: string, change: (leaf: Json, key: string) => Json): string {
  const changed = change(name, "");
  return typeof changed === "string" ? changed : name;
}

/** The value at a path such as `0.Service.ID`; undefined when there is none. */
export function at(value: Json, path: string): Json | undefined {
  let current: Json | undefined = value;
  for (const step of path === "" ? [] : path.split(".")) {
    if (current === null || typeof current !== "object") return undefined;
    current = Array.isArray(current) ? current[Number(step)] : current[step];
  }
  return current;
}

/** A copy with the keys of every object sorted, because clients do not see their order. */
export function sortKeys(value: Json): Json {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.keys(value)
    .sort()
    .map((key): [string, Json] => [key, sortKeys(value[key] ?? null)]);
  return Object.fromEntries(entries);
}
