import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

/**
 * Instances. `…Key` is folded for look-ups; `connectKey` is the service that the mesh reaches through this one; `doc` is
 * the model's NodeService.
 */
export const services = sqliteTable(
  "services",
  {
    nodeKey: text("node_key").notNull(),
    idKey: text("id_key").notNull(),
    serviceKey: text("service_key").notNull(),
    connectKey: text("connect_key"),
    address: text("address").notNull(),
    doc: text("doc").notNull(),
  },
  (table) => [primaryKey({ columns: [table.nodeKey, table.idKey] })],
);

/** How many instances carry a name: a row for each spelling, because the list of services tells them apart. */
export const serviceNames = sqliteTable("service_names", {
  name: text("name").primaryKey(),
  instances: integer("instances").notNull(),
});

/** How many instances of a name carry a tag, so that a write knows at once whether the list of services changed. */
export const serviceTags = sqliteTable(
  "service_tags",
  { name: text("name").notNull(), tag: text("tag").notNull(), instances: integer("instances").notNull() },
  (table) => [primaryKey({ columns: [table.name, table.tag] })],
);

export const SERVICE_SCHEMA: readonly string[] = [
  `CREATE TABLE services (
    node_key TEXT NOT NULL, id_key TEXT NOT NULL, service_key TEXT NOT NULL, connect_key TEXT, address TEXT NOT NULL,
    doc TEXT NOT NULL, PRIMARY KEY (node_key, id_key)) WITHOUT ROWID`,
  "CREATE INDEX services_name ON services (service_key, node_key, id_key)",
  "CREATE INDEX services_connect ON services (connect_key, node_key, id_key) WHERE connect_key IS NOT NULL",
  "CREATE INDEX services_address ON services (address) WHERE address <> ''",
  "CREATE TABLE service_names (name TEXT PRIMARY KEY NOT NULL, instances INTEGER NOT NULL) WITHOUT ROWID",
  `CREATE TABLE service_tags (
    name TEXT NOT NULL, tag TEXT NOT NULL, instances INTEGER NOT NULL, PRIMARY KEY (name, tag)) WITHOUT ROWID`,
];
