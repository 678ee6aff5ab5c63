import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { QueryDefinition } from "../../model/prepared-query.ts";

export const queries = sqliteTable("prepared_queries", {
  id: text("id").primaryKey(),
  /** The name, folded, for look-ups; "" for none. */
  nameKey: text("name_key").notNull(),
  isTemplate: integer("is_template", { mode: "boolean" }).notNull(),
  /** What it ends with; "" for none. */
  session: text("session").notNull(),
  doc: text("doc", { mode: "json" }).$type<QueryDefinition>().notNull(),
  createIndex: integer("create_index").notNull(),
  modifyIndex: integer("modify_index").notNull(),
});

export const QUERY_SCHEMA: readonly string[] = [
  `CREATE TABLE prepared_queries (
    id TEXT PRIMARY KEY NOT NULL, name_key TEXT NOT NULL, is_template INTEGER NOT NULL, session TEXT NOT NULL,
    doc TEXT NOT NULL, create_index INTEGER NOT NULL, modify_index INTEGER NOT NULL)`,
  "CREATE UNIQUE INDEX prepared_queries_name ON prepared_queries (name_key) WHERE name_key <> '' OR is_template",
  "CREATE INDEX prepared_queries_session ON prepared_queries (session) WHERE session <> ''",
];
