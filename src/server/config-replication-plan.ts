/** What has to be done so that a datacenter has the config entries of the primary one. Pure. */
import { ConfigEntry, type ConfigEntryKind, type StoredConfigEntry } from "../model/config-entry/config-entry.ts";
import type { ConfigEntryCommand } from "../state/config-entries/commands.ts";
import { nameKeyOf } from "../state/config-entries/topics.ts";

/** By its kind and the key of its name: names that differ by case alone are one. */
export interface EntryKey {
  readonly kind: ConfigEntryKind;
  readonly nameKey: string;
}

/** The entry of this datacenter, if there is one. */
export type FindOwn = (kind: ConfigEntryKind, name: string) => StoredConfigEntry | undefined;

/** What comparing has found so far. */
export interface Comparison {
  readonly changed: ConfigEntry[];
  /** All that the primary has. */
  readonly wanted: Set<string>;
  /** Those that this version does not know: what is here of that name stays. */
  readonly unknown: Set<string>;
}

export const emptyComparison = (): Comparison => ({ changed: [], wanted: new Set(), unknown: new Set() });

/** The primary's list from decoded JSON; throws for what is none. */
export function listOfPrimary(json: unknown): readonly unknown[] {
  if (!Array.isArray(json)) throw new Error("the primary datacenter's list of config entries makes no sense");
  return json;
}

/** Compares some entries of the primary, as they came. */
export function compareSome(items: readonly unknown[], find: FindOwn, into: Comparison): void {
  for (const item of items) {
    const { Kind, Name } = (item ?? {}) as { Kind?: unknown; Name?: unknown };
    const key = textOf({ kind: String(Kind), nameKey: nameKeyOf(String(Name)) });
    into.wanted.add(key);
    const { data } = ConfigEntry.safeParse(item);
    if (data === undefined) into.unknown.add(key);
    else if (!sameEntry(find(data.Kind, data.Name), data)) into.changed.push(data);
  }
}

/**
 * What writes the changes, in an order in which each is likely to go with the others: what routes goes before what it stands on goes,
 * and what it stands on comes first.
 */
export function copyCommands(own: readonly EntryKey[], { changed, wanted }: Comparison): ConfigEntryCommand[] {
  const gone = own.filter((key) => !wanted.has(textOf(key)));
  const removals = gone.map(({ kind, nameKey }) => ({ type: "config-entry.delete", kind, name: nameKey }) as const);
  const sets = changed.map((entry) => ({ type: "config-entry.set", entry }) as const);
  return [
    ...removals.filter(({ kind }) => !BASE_KINDS.includes(kind)),
    ...sets.filter(({ entry }) => BASE_KINDS.includes(entry.Kind)),
    ...sets.filter(({ entry }) => !BASE_KINDS.includes(entry.Kind)),
    ...removals.filter(({ kind }) => BASE_KINDS.includes(kind)),
  ];
}

/** Others count on the protocols that these say. */
const BASE_KINDS: readonly ConfigEntryKind[] = ["proxy-defaults", "service-defaults"];

const textOf = ({ kind, nameKey }: { kind: string; nameKey: string }) => `${kind}/${nameKey}`;

/** Whether the settings are equal; the indexes are each datacenter's own. */
function sameEntry(own: StoredConfigEntry | undefined, entry: ConfigEntry): boolean {
  if (own === undefined) return false;
  const { CreateIndex: _created, ModifyIndex: _modified, ...settings } = own;
  return sameJson(settings, entry);
}

function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && sameJson(a[key as never], b[key as never]));
}
