import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { FederationState } from "../../model/federation-state.ts";

/** What datacenters say of themselves, the own one and those of which a copy is kept. The key is the folded name. */
export const federationStates = sqliteTable("federation_states", {
  datacenterKey: text("datacenter_key").primaryKey(),
  doc: text("doc", { mode: "json" }).$type<Omit<FederationState, "CreateIndex" | "ModifyIndex">>().notNull(),
  createIndex: integer("create_index").notNull(),
  modifyIndex: integer("modify_index").notNull(),
});

export const FEDERATION_STATE_SCHEMA: readonly string[] = [
  `CREATE TABLE federation_states (
    datacenter_key TEXT PRIMARY KEY NOT NULL, doc TEXT NOT NULL, create_index INTEGER NOT NULL,
    modify_index INTEGER NOT NULL) WITHOUT ROWID`,
  // Nearly always empty: who looks for mesh gateways must not read all services.
  "CREATE INDEX services_mesh_gateway ON services (service_key) WHERE doc ->> '$.Kind' = 'mesh-gateway'",
];
