import { and, asc, eq, sql } from "drizzle-orm";
import type { ConfigEntryKind, StoredConfigEntry } from "../../model/config-entry/config-entry.ts";
import { prepared, type StateDb } from "../db.ts";
import { tableIndex } from "../indexes/queries.ts";
import type { QueryResult } from "../query.ts";
import { configEntries } from "./tables.ts";
import { CONFIG_ENTRIES_TOPIC, configEntryTopic, configKindTopic, nameKeyOf } from "./topics.ts";

const statements = prepared((db) => ({
  one: db
    .select()
    .from(configEntries)
    .where(and(eq(configEntries.kind, sql.placeholder("kind")), eq(configEntries.nameKey, sql.placeholder("nameKey"))))
    .prepare(),
  ofKind: db
    .select()
    .from(configEntries)
    .where(eq(configEntries.kind, sql.placeholder("kind")))
    .orderBy(asc(configEntries.nameKey))
    .prepare(),
  keys: db
    .select({ kind: configEntries.kind, nameKey: configEntries.nameKey })
    .from(configEntries)
    .orderBy(asc(configEntries.kind), asc(configEntries.nameKey))
    .prepare(),
  all: db.select().from(configEntries).orderBy(asc(configEntries.kind), asc(configEntries.nameKey)).prepare(),
}));

/** The table's name among the indexes. */
export const CONFIG_ENTRIES_INDEX = "config-entries";
const INDEXES = [CONFIG_ENTRIES_INDEX] as const;

/** Names are matched without regard to case. */
export function configEntry<K extends ConfigEntryKind>(
  db: StateDb,
  kind: K,
  name: string,
): StoredConfigEntry<K> | undefined {
  const row = statements(db).one.get({ kind, nameKey: nameKeyOf(name) });
  return row && toEntry<K>(row);
}

export function configEntriesOfKind<K extends ConfigEntryKind>(db: StateDb, kind: K): StoredConfigEntry<K>[] {
  return statements(db)
    .ofKind.all({ kind })
    .map((row) => toEntry<K>(row));
}

/** Of all entries, cheaper than these. */
export function configEntryKeys(db: StateDb): { kind: ConfigEntryKind; nameKey: string }[] {
  return statements(db).keys.all();
}

export function configEntryGet(
  db: StateDb,
  kind: ConfigEntryKind,
  name: string,
): QueryResult<StoredConfigEntry | undefined> {
  const value = configEntry(db, kind, name);
  return { value, ...tableIndex(db, INDEXES), interest: { topics: [configEntryTopic(kind, name)] } };
}

/** All of a kind, or of all kinds, by kind and name. */
export function configEntryList(db: StateDb, kind?: ConfigEntryKind): QueryResult<StoredConfigEntry[]> {
  const value = kind === undefined ? statements(db).all.all().map(toEntry) : configEntriesOfKind(db, kind);
  const topics = [kind === undefined ? CONFIG_ENTRIES_TOPIC : configKindTopic(kind)];
  return { value, ...tableIndex(db, INDEXES), interest: { topics } };
}

function toEntry<K extends ConfigEntryKind>(row: typeof configEntries.$inferSelect): StoredConfigEntry<K> {
  // The row's kind says which of the kinds its document is.
  return { ...row.doc, CreateIndex: row.createIndex, ModifyIndex: row.modifyIndex } as StoredConfigEntry<K>;
}
