import { and, asc, eq, sql } from "drizzle-orm";
import { primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { ConfigEntry, ConfigEntryKind } from "../../model/config-entry/config-entry.ts";
import { prepared, type StateDb } from "../db.ts";
import type { RecordDb } from "../records/kind.ts";
import { relatedServices } from "./related.ts";

/** Which entries lead to a service, by the name that they give it. Derived from the entries. */
const links = sqliteTable(
  "config_entry_links",
  {
    service: text("service").notNull(),
    kind: text("kind").$type<ConfigEntryKind>().notNull(),
    name: text("name").notNull(),
  },
  (table) => [primaryKey({ columns: [table.service, table.kind, table.name] })],
);

export const CONFIG_ENTRY_LINK_TABLE = "config_entry_links";

export const CONFIG_ENTRY_LINK_SCHEMA: readonly string[] = [
  `CREATE TABLE ${CONFIG_ENTRY_LINK_TABLE} (
    service TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (service, kind, name)) WITHOUT ROWID`,
];

const statements = prepared((db) => ({
  to: db
    .select({ kind: links.kind, name: links.name })
    .from(links)
    .where(eq(links.service, sql.placeholder("service")))
    .orderBy(asc(links.kind), asc(links.name))
    .prepare(),
  insert: db
    .insert(links)
    .values({
      service: sql.placeholder("service"),
      kind: sql.placeholder("kind"),
      name: sql.placeholder("name"),
    })
    .onConflictDoNothing()
    .prepare(),
  remove: db
    .delete(links)
    .where(
      and(
        eq(links.service, sql.placeholder("service")),
        eq(links.kind, sql.placeholder("kind")),
        eq(links.name, sql.placeholder("name")),
      ),
    )
    .prepare(),
}));

/** The entries that lead to a service beside its own, by kind and name. */
export function linksTo(db: StateDb, service: string): { kind: ConfigEntryKind; name: string }[] {
  return statements(db).to.all({ service });
}

/** Follows an entry that appears, changes or leaves. */
export function followLinks(db: StateDb, before: ConfigEntry | undefined, after: ConfigEntry | undefined): void {
  const run = statements(db);
  const key = (service: string, { Kind, Name }: ConfigEntry) => ({ service, kind: Kind, name: Name });
  if (before !== undefined) for (const service of relatedServices(before)) run.remove.run(key(service, before));
  if (after !== undefined) for (const service of relatedServices(after)) run.insert.run(key(service, after));
}

/** Makes the links of all entries anew. */
export function deriveLinks(db: RecordDb): void {
  const insert = db.query(`INSERT OR IGNORE INTO ${CONFIG_ENTRY_LINK_TABLE} (service, kind, name) VALUES (?, ?, ?)`);
  db.run(`DELETE FROM ${CONFIG_ENTRY_LINK_TABLE}`);
  for (const { doc } of db.query("SELECT doc FROM config_entries").iterate() as Iterable<{ doc: string }>) {
    const entry = JSON.parse(doc) as ConfigEntry;
    for (const service of relatedServices(entry)) insert.run(service, entry.Kind, entry.Name);
  }
}
