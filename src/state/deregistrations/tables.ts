import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

/**
 * What was deregistered on purpose, until its owner has heard of it. The owner is known by its node id, which a new
 * machine under an old name doesn't share. `…Key` is folded; `doc` is the model's Deregistered.
 */
export const deregistrations = sqliteTable(
  "deregistrations",
  {
    nodeIdKey: text("node_id_key").notNull(),
    kind: text("kind").notNull(),
    itemKey: text("item_key").notNull(),
    index: integer("idx").notNull(),
    atMs: integer("at_ms").notNull(),
    doc: text("doc").notNull(),
  },
  (table) => [primaryKey({ columns: [table.nodeIdKey, table.kind, table.itemKey] })],
);

export const DEREGISTRATION_SCHEMA: readonly string[] = [
  `CREATE TABLE deregistrations (
    node_id_key TEXT NOT NULL, kind TEXT NOT NULL, item_key TEXT NOT NULL, idx INTEGER NOT NULL, at_ms INTEGER NOT NULL,
    doc TEXT NOT NULL, PRIMARY KEY (node_id_key, kind, item_key)) WITHOUT ROWID`,
];
