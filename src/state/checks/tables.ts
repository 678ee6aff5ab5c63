import { primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** `…Key` is folded for look-ups; `serviceIdKey` is empty for a check of the node itself; `doc` is the model's HealthCheck. */
export const checks = sqliteTable(
  "checks",
  {
    nodeKey: text("node_key").notNull(),
    checkKey: text("check_key").notNull(),
    serviceIdKey: text("service_id_key").notNull(),
    serviceKey: text("service_key").notNull(),
    status: text("status").notNull(),
    doc: text("doc").notNull(),
  },
  (table) => [primaryKey({ columns: [table.nodeKey, table.checkKey] })],
);

export const CHECK_SCHEMA: readonly string[] = [
  `CREATE TABLE checks (
    node_key TEXT NOT NULL, check_key TEXT NOT NULL, service_id_key TEXT NOT NULL, service_key TEXT NOT NULL,
    status TEXT NOT NULL, doc TEXT NOT NULL, PRIMARY KEY (node_key, check_key)) WITHOUT ROWID`,
  "CREATE INDEX checks_instance ON checks (node_key, service_id_key, check_key)",
  "CREATE INDEX checks_service ON checks (service_key, node_key, check_key) WHERE service_key <> ''",
  "CREATE INDEX checks_status ON checks (status, node_key, check_key)",
];
