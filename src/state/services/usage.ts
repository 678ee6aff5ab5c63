import { sql } from "drizzle-orm";
import type { Usage } from "../../model/usage.ts";
import { prepared, type StateDb } from "../db.ts";
import { nodeCount } from "../nodes/queries.ts";
import { serviceCounts } from "./queries.ts";
import { services } from "./tables.ts";

/** Servers register themselves under it. */
const OWN_SERVICE = "consul";

const statements = prepared((db) => ({
  // Most instances have no kind, and a look for the word is much cheaper than reading their documents.
  kinds: db
    .select({ kind: sql<string>`json_extract(${services.doc}, '$.Kind')`, n: sql<number>`count(*)` })
    .from(services)
    .where(sql`instr(${services.doc}, '"Kind":"') > 0 and coalesce(json_extract(${services.doc}, '$.Kind'), '') <> ''`)
    .groupBy(sql`1`)
    .prepare(),
  native: db
    .select({ n: sql<number>`count(*)` })
    .from(services)
    .where(sql`${services.connectKey} is not null and json_extract(${services.doc}, '$.Connect.Native') = 1`)
    .prepare(),
  own: db
    .select({ n: sql<number>`count(*)` })
    .from(services)
    .where(sql`${services.serviceKey} = ${OWN_SERVICE} and coalesce(json_extract(${services.doc}, '$.Kind'), '') = ''`)
    .prepare(),
}));

/** How much there is in this datacenter. */
export function usageOf(db: StateDb): Usage {
  const run = statements(db);
  const { instances, names } = serviceCounts(db);
  const kinds = new Map(run.kinds.all().map(({ kind, n }) => [kind, n]));
  const withKind = [...kinds.values()].reduce((sum, n) => sum + n, 0);
  return {
    Services: names,
    ServiceInstances: instances,
    ConnectServiceInstances: {
      "connect-native": run.native.get()?.n ?? 0,
      "connect-proxy": kinds.get("connect-proxy") ?? 0,
      "ingress-gateway": kinds.get("ingress-gateway") ?? 0,
      "mesh-gateway": kinds.get("mesh-gateway") ?? 0,
      "terminating-gateway": kinds.get("terminating-gateway") ?? 0,
    },
    BillableServiceInstances: instances - withKind - (run.own.get()?.n ?? 0),
    Nodes: nodeCount(db),
  };
}
