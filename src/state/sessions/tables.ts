import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { Session } from "../../model/session.ts";

export const sessions = sqliteTable("sessions", {
  id: text("id").primaryKey(),
  name: text("name").notNull(),
  node: text("node").notNull(),
  lockDelayNs: integer("lock_delay_ns").notNull(),
  behavior: text("behavior").notNull(),
  ttl: text("ttl").notNull(),
  nodeChecks: text("node_checks", { mode: "json" }).$type<Session["NodeChecks"]>(),
  serviceChecks: text("service_checks", { mode: "json" }).$type<Session["ServiceChecks"]>(),
  createIndex: integer("create_index").notNull(),
  modifyIndex: integer("modify_index").notNull(),
});

/** Which checks a session hangs on. Node names are folded, as everywhere in look-ups. */
export const sessionChecks = sqliteTable(
  "session_checks",
  {
    node: text("node").notNull(),
    checkId: text("check_id").notNull(),
    session: text("session").notNull(),
  },
  (table) => [primaryKey({ columns: [table.node, table.checkId, table.session] })],
);

export const SESSION_SCHEMA: readonly string[] = [
  `CREATE TABLE sessions (
    id TEXT PRIMARY KEY NOT NULL, name TEXT NOT NULL, node TEXT NOT NULL, lock_delay_ns INTEGER NOT NULL,
    behavior TEXT NOT NULL, ttl TEXT NOT NULL, node_checks TEXT, service_checks TEXT,
    create_index INTEGER NOT NULL, modify_index INTEGER NOT NULL)`,
  "CREATE INDEX sessions_node ON sessions (lower(node))",
  `CREATE TABLE session_checks (
    node TEXT NOT NULL, check_id TEXT NOT NULL, session TEXT NOT NULL,
    PRIMARY KEY (node, check_id, session)) WITHOUT ROWID`,
  "CREATE INDEX session_checks_session ON session_checks (session)",
];
