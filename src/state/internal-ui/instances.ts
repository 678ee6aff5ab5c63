import type { HealthCheck } from "../../model/check.ts";
import type { Node } from "../../model/node.ts";
import type { NodeService } from "../../model/service.ts";
import type { InstanceHealth } from "../catalog/queries.ts";
import type { StateDb } from "../db.ts";
import { indexesOf } from "../indexes/indexes.ts";
import { type UiInstance, uiInstanceOf } from "./summary.ts";

interface Registered {
  readonly nodeKey: string;
  readonly idKey: string;
  readonly instance: UiInstance;
}

/** More are read anew each time. */
const MEMO_INSTANCES_MAX = 50_000;
/** Checks change much more often than what is registered. */
const memo = new WeakMap<StateDb, { version: string; instances: Registered[] }>();

/** All instances, by node and service id. */
export function registered(db: StateDb): Registered[] {
  const indexes = indexesOf(db);
  const version = [indexes.generation, indexes.get("nodes"), indexes.get("services")].join(" ");
  const known = memo.get(db);
  if (known?.version === version) return known.instances;
  const instances = readInstances(db);
  if (instances.length <= MEMO_INSTANCES_MAX) memo.set(db, { version, instances });
  else memo.delete(db);
  return instances;
}

function readInstances(db: StateDb): Registered[] {
  const names = new Map(
    db.$client.query("SELECT node_key, doc ->> '$.Node' FROM nodes").values() as [string, string][],
  );
  const rows = db.$client.query("SELECT node_key, id_key, doc FROM services ORDER BY node_key, id_key").values() as [
    string,
    string,
    string,
  ][];
  const services = JSON.parse(`[${rows.map(([, , doc]) => doc).join(",")}]`) as NodeService[];
  return services.map((service, i) => {
    const [nodeKey = "", idKey = ""] = rows[i] ?? [];
    return { nodeKey, idKey, instance: uiInstanceOf(names.get(nodeKey) ?? "", service) };
  });
}

/** Statuses of checks, by node and id of the service, "" for checks of the node itself; both folded. */
export function statusesByInstance(db: StateDb): Map<string, Map<string, string[]>> {
  const rows = db.$client.query("SELECT node_key, service_id_key, status FROM checks").values() as [
    string,
    string,
    string,
  ][];
  const byNode = new Map<string, Map<string, string[]>>();
  for (const [node, id, status] of rows) {
    const ofNode = byNode.getOrInsertComputed(node, () => new Map<string, string[]>());
    ofNode.getOrInsertComputed(id, () => []).push(status);
  }
  return byNode;
}

/**
 * All instances with node and checks, by node and service id: the tables are read apart and joined here, in half the time that a
 * statement takes to join them.
 */
export function allWithHealth(db: StateDb): InstanceHealth[] {
  const nodes = new Map(docsOf<Node>(db, "nodes", "node_key, ''").map(({ nodeKey, doc }) => [nodeKey, doc]));
  const checks = new Map<string, Map<string, HealthCheck[]>>();
  for (const { nodeKey, key, doc } of docsOf<HealthCheck>(
    db,
    "checks",
    "node_key, service_id_key",
    "node_key, check_key",
  )) {
    const ofNode = checks.getOrInsertComputed(nodeKey, () => new Map<string, HealthCheck[]>());
    ofNode.getOrInsertComputed(key, () => []).push(doc);
  }
  return docsOf<NodeService>(db, "services", "node_key, id_key", "node_key, id_key").flatMap(
    ({ nodeKey, key, doc }) => {
      const node = nodes.get(nodeKey);
      const ofNode = checks.get(nodeKey);
      const own = [...(ofNode?.get("") ?? []), ...(ofNode?.get(key) ?? [])];
      return node === undefined ? [] : [{ Node: node, Service: doc, Checks: own }];
    },
  );
}

function docsOf<T>(
  db: StateDb,
  table: "nodes" | "services" | "checks",
  keys: string,
  order = "1",
): { nodeKey: string; key: string; doc: T }[] {
  const rows = db.$client.query(`SELECT ${keys}, doc FROM ${table} ORDER BY ${order}`).values() as [
    string,
    string,
    string,
  ][];
  const docs = JSON.parse(`[${rows.map(([, , doc]) => doc).join(",")}]`) as T[];
  return docs.map((doc, i) => ({ nodeKey: rows[i]?.[0] ?? "", key: rows[i]?.[1] ?? "", doc }));
}
