/** What has to be done so that a datacenter has the config entries of the primary one. Pure. */
import { ConfigEntry, type ConfigEntryKind, type StoredConfigEntry } from "../model/config-entry/config-entry.ts";
import { sortedDeep } from "../model/proxy-shape.ts";
import type { ConfigEntryCommand } from "../state/config-entries/commands.ts";
import { nameKeyOf } from "../state/config-entries/topics.ts";

/** The primary's entries, as they came. */
export interface PrimaryEntries {
  readonly entries: readonly ConfigEntry[];
  /** Keys of those that this version does not know: what is here of that name stays. */
  readonly unknown: ReadonlySet<string>;
}

/** From decoded JSON; throws for what is no list of entries. */
export function primaryEntries(json: unknown): PrimaryEntries {
  if (!Array.isArray(json)) throw new Error("the primary datacenter's list of config entries makes no sense");
  const entries: ConfigEntry[] = [];
  const unknown = new Set<string>();
  for (const item of json) {
    const { data } = ConfigEntry.safeParse(item);
    if (data !== undefined) entries.push(data);
    else unknown.add(keyOf(item as { Kind?: unknown; Name?: unknown } | null));
  }
  return { entries, unknown };
}

/**
 * In an order in which each is likely to fit to the others: what routes goes before what it stands on goes, and what it
 * stands on comes first.
 */
export function copyCommands(
  own: readonly StoredConfigEntry[],
  { entries, unknown }: PrimaryEntries,
): ConfigEntryCommand[] {
  const wanted = new Set([...entries.map(keyOf), ...unknown]);
  const here = new Map(own.map((entry) => [keyOf(entry), textOf(entry)]));
  const gone = own.filter((entry) => !wanted.has(keyOf(entry)));
  const removals = gone.map(({ Kind, Name }) => ({ type: "config-entry.delete", kind: Kind, name: Name }) as const);
  const changed = entries.filter((entry) => here.get(keyOf(entry)) !== textOf(entry));
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

/** Names that differ by case alone are one. */
const keyOf = (entry: { Kind?: unknown; Name?: unknown } | null) => `${entry?.Kind}/${nameKeyOf(String(entry?.Name))}`;

/** Equal for equal settings; the indexes are each datacenter's own. */
function textOf(entry: ConfigEntry & { CreateIndex?: number; ModifyIndex?: number }): string {
  const { CreateIndex: _created, ModifyIndex: _modified, ...settings } = entry;
  return JSON.stringify(sortedDeep(settings));
}
