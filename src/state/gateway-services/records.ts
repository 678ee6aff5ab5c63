import type { RecordDb } from "../records/kind.ts";
import { connectIndexName } from "../services/touch.ts";
import { type GatewayEntry, type GatewayLink, gatewayServiceOf, keysOf, linksAmong } from "./links.ts";
import { GATEWAY_SERVICES_INDEX, ingressIndexName } from "./queries.ts";

/** In no record of their own: they are made of the entries and of what is registered. */
export const GATEWAY_SERVICE_TABLES = ["gateway_services"] as const;

/** Makes the rows anew, as old as the entries they come from, and the indexes that Consul has none of. */
export function finishGatewayServices(db: RecordDb): void {
  db.run("DELETE FROM gateway_services");
  const registered = db
    .query(
      `SELECT min(doc ->> '$.Service') AS name FROM services
       WHERE doc ->> '$.Kind' IS NULL AND service_key <> 'consul' GROUP BY service_key`,
    )
    .all() as { name: string }[];
  const names = registered.map(({ name }) => name);
  const entries = db
    .query("SELECT doc, modify_index FROM config_entries WHERE kind IN ('ingress-gateway', 'terminating-gateway')")
    .all() as { doc: string; modify_index: number }[];
  for (const { doc, modify_index: index } of entries) {
    for (const link of linksAmong(JSON.parse(doc) as GatewayEntry, names)) put(db, link, index);
    raise(db, GATEWAY_SERVICES_INDEX, index);
  }
}

function put(db: RecordDb, link: GatewayLink, index: number): void {
  const { gatewayKey, kind, serviceKey, port, fromWildcard } = keysOf(link);
  const doc = JSON.stringify(gatewayServiceOf(link, index, index));
  db.query("INSERT OR REPLACE INTO gateway_services VALUES (?, ?, ?, ?, ?, ?)").run(
    ...([gatewayKey, kind, serviceKey, port, fromWildcard ? 1 : 0, doc] as const),
  );
  raise(db, (kind === "ingress-gateway" ? ingressIndexName : connectIndexName)(serviceKey), index);
}

function raise(db: RecordDb, name: string, index: number): void {
  db.query("INSERT INTO indexes VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)").run(
    name,
    index,
  );
}
