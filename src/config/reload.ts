/** What a reload may change. */
import { camel } from "./camel.ts";
import { type Config, deepFreeze } from "./config.ts";
import type { Key, Section } from "./schema/key.ts";
import { CURRENT } from "./schema/top.ts";

export interface ReloadDiff {
  /** Changed keys, dotted as in files, that take effect now. */
  readonly reloadable: readonly string[];
  /** Changed keys that need a restart; the old value stays in force. */
  readonly needRestart: readonly string[];
}

/** Compares two configurations key by key. */
export function diffReloadable(before: Config, after: Config): ReloadDiff {
  const reloadable: string[] = [];
  const needRestart: string[] = [];
  const walk = (keys: Section, path: string, old: unknown, now: unknown): void => {
    for (const [name, key] of Object.entries(keys)) {
      const property = propertyName(name, key);
      const [oldValue, newValue] = [propertyOf(old, property), propertyOf(now, property)];
      // What has no effect has none after a restart either.
      if (key.status === "accepted") continue;
      if (key.kind === "section") walk(key.keys, `${path}${name}.`, oldValue, newValue);
      else if (!isSame(oldValue, newValue)) (key.reloadable ? reloadable : needRestart).push(`${path}${name}`);
    }
  };
  walk(CURRENT, "", before, after);
  return { reloadable, needRestart };
}

/** The line for the log about keys that a reload could not change; undefined when there are none. */
export function restartWarning(diff: ReloadDiff): string | undefined {
  if (diff.needRestart.length === 0) return undefined;
  return `changed, but only a restart applies it: ${diff.needRestart.join(", ")}`;
}

/** What a reload makes of the configuration in force: the keys that may change are those of `wanted`, the others stay. */
export function applyReloadable(inForce: Config, wanted: Config): Config {
  const merge = (keys: Section, old: unknown, now: unknown): Record<string, unknown> => {
    const merged: Record<string, unknown> = { ...(old as Record<string, unknown>) };
    for (const [name, key] of Object.entries(keys)) {
      const property = propertyName(name, key);
      if (!(property in merged)) continue;
      if (key.kind === "section") merged[property] = merge(key.keys, merged[property], propertyOf(now, property));
      else if (key.reloadable) merged[property] = propertyOf(now, property);
    }
    return merged;
  };
  // Each value stands where the table has it in either configuration.
  return deepFreeze(merge(CURRENT, inForce, wanted) as unknown as Config);
}

function propertyName(name: string, key: Key): string {
  return camel(name) + (key.kind === "duration" || key.kind === "duration-map" ? "Ms" : "");
}

function propertyOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}

/** Equal as JSON; the Config holds plain data, built in one order of keys. */
function isSame(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
