import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { GatewayKind, GatewayService } from "../../model/gateway-service.ts";

/**
 * Which services gateways stand before: derived from their config entries and from what is registered. `…Key` is folded for
 * look-ups; the service `*` says that what is registered is followed. `port` is 0 behind terminating gateways.
 */
export const gatewayServices = sqliteTable(
  "gateway_services",
  {
    gatewayKey: text("gateway_key").notNull(),
    kind: text("kind").$type<GatewayKind>().notNull(),
    serviceKey: text("service_key").notNull(),
    port: integer("port").notNull(),
    fromWildcard: integer("from_wildcard", { mode: "boolean" }).notNull(),
    doc: text("doc", { mode: "json" }).$type<GatewayService>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.gatewayKey, table.kind, table.serviceKey, table.port] })],
);

export const GATEWAY_SERVICE_SCHEMA: readonly string[] = [
  `CREATE TABLE gateway_services (
    gateway_key TEXT NOT NULL, kind TEXT NOT NULL, service_key TEXT NOT NULL, port INTEGER NOT NULL,
    from_wildcard INTEGER NOT NULL, doc TEXT NOT NULL, PRIMARY KEY (gateway_key, kind, service_key, port)) WITHOUT ROWID`,
  "CREATE INDEX gateway_services_service ON gateway_services (service_key, kind, gateway_key)",
];
