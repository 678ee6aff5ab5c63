import { sqliteTable, text } from "drizzle-orm/sqlite-core";

/** `…Key` is folded for look-ups; `doc` is the model's Node. */
export const nodes = sqliteTable("nodes", {
  nodeKey: text("node_key").primaryKey(),
  idKey: text("id_key").notNull(),
  address: text("address").notNull(),
  doc: text("doc").notNull(),
});

export const NODE_SCHEMA: readonly string[] = [
  `CREATE TABLE nodes (
    node_key TEXT PRIMARY KEY NOT NULL, id_key TEXT NOT NULL, address TEXT NOT NULL, doc TEXT NOT NULL) WITHOUT ROWID`,
  "CREATE INDEX nodes_id ON nodes (id_key) WHERE id_key <> ''",
  "CREATE INDEX nodes_address ON nodes (address)",
];
