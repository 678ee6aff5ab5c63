import { customType, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** Bytes as the driver gives them; Drizzle's own blob column makes a Buffer of each. */
const bytes = customType<{ data: Uint8Array; driverData: Uint8Array }>({ dataType: () => "blob" });

/** Text keys compare bytewise in UTF-8, which is the order Consul lists them in. */
export const kv = sqliteTable("kv", {
  key: text("key").primaryKey(),
  value: bytes("value"),
  /** Decimal digits: 64 unsigned bits fit neither a JS number nor SQLite's signed integer. */
  flags: text("flags").notNull(),
  lockIndex: integer("lock_index").notNull(),
  session: text("session"),
  createIndex: integer("create_index").notNull(),
  modifyIndex: integer("modify_index").notNull(),
  expiresAtMs: integer("expires_at_ms"),
});
export type KvRow = typeof kv.$inferSelect;

/** Deleted keys and prefixes, kept for a while so that the index of a prefix never goes back. */
export const kvTombstones = sqliteTable("kv_tombstones", {
  key: text("key").primaryKey(),
  index: integer("idx").notNull(),
});

export const KV_SCHEMA: readonly string[] = [
  `CREATE TABLE kv (
    key TEXT PRIMARY KEY NOT NULL, value BLOB, flags TEXT NOT NULL, lock_index INTEGER NOT NULL, session TEXT,
    create_index INTEGER NOT NULL, modify_index INTEGER NOT NULL, expires_at_ms INTEGER)`,
  "CREATE INDEX kv_session ON kv (session) WHERE session IS NOT NULL",
  "CREATE INDEX kv_expires_at ON kv (expires_at_ms) WHERE expires_at_ms IS NOT NULL",
  "CREATE TABLE kv_tombstones (key TEXT PRIMARY KEY NOT NULL, idx INTEGER NOT NULL) WITHOUT ROWID",
  "CREATE INDEX kv_tombstones_idx ON kv_tombstones (idx)",
];
