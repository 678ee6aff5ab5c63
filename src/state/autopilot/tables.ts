import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { AutopilotConfiguration } from "../../model/autopilot.ts";

/** What autopilot goes by: one row, or none before the first leader wrote it. */
export const autopilot = sqliteTable("autopilot", {
  doc: text("doc", { mode: "json" }).$type<AutopilotConfiguration>().notNull(),
  createIndex: integer("create_index").notNull(),
  modifyIndex: integer("modify_index").notNull(),
});

export const AUTOPILOT_SCHEMA: readonly string[] = [
  "CREATE TABLE autopilot (doc TEXT NOT NULL, create_index INTEGER NOT NULL, modify_index INTEGER NOT NULL)",
];
