import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { ConfigEntry } from "../../model/config-entry/config-entry.ts";
import { CONFIG_ENTRY_LINK_SCHEMA } from "../discovery-chain/links.ts";
import { GATEWAY_SERVICE_SCHEMA } from "../gateway-services/tables.ts";

export const configEntries = sqliteTable(
  "config_entries",
  {
    kind: text("kind").$type<ConfigEntry["Kind"]>().notNull(),
    /** The name, folded, for look-ups. */
    nameKey: text("name_key").notNull(),
    doc: text("doc", { mode: "json" }).$type<ConfigEntry>().notNull(),
    createIndex: integer("create_index").notNull(),
    modifyIndex: integer("modify_index").notNull(),
  },
  (table) => [primaryKey({ columns: [table.kind, table.nameKey] })],
);

export const CONFIG_ENTRY_SCHEMA: readonly string[] = [
  `CREATE TABLE config_entries (
    kind TEXT NOT NULL, name_key TEXT NOT NULL, doc TEXT NOT NULL, create_index INTEGER NOT NULL,
    modify_index INTEGER NOT NULL, PRIMARY KEY (kind, name_key)) WITHOUT ROWID`,
  // What is derived of entries comes with them.
  ...GATEWAY_SERVICE_SCHEMA,
  ...CONFIG_ENTRY_LINK_SCHEMA,
];
