import { asc, eq, sql } from "drizzle-orm";
import type { HealthCheck } from "../../model/check.ts";
import type { Node } from "../../model/node.ts";
import type { NodeService } from "../../model/service.ts";
import { checkCounts } from "../checks/queries.ts";
import { checks } from "../checks/tables.ts";
import { prepared, type StateDb } from "../db.ts";
import { tableIndex } from "../indexes/queries.ts";
import { isIdPrefix, nodeByNameOrIdPrefix, nodeCount } from "../nodes/queries.ts";
import { nodes } from "../nodes/tables.ts";
import type { QueryResult } from "../query.ts";
import {
  connectIndex,
  type InstanceFilter,
  matches,
  serviceCounts,
  serviceIndex,
  servicesOfNode,
} from "../services/queries.ts";
import { services } from "../services/tables.ts";
import { NODES_TOPIC, nodeTopic, serviceChecksTopic, serviceTopic } from "../topics.ts";
import { decodeDocs } from "./docs.ts";
import { connectChecksTopic, connectTopic } from "./topics.ts";

/** An instance with its node and all the checks that decide on its health: first the node's, then its own. */
export interface InstanceHealth {
  Node: Node;
  Service: NodeService;
  Checks: HealthCheck[];
}

export interface NodeWithServices {
  Node: Node;
  Services: NodeService[];
}

/**
 * The node's checks before the instance's own, each by check id. The index is named because SQLite would rather read all
 * checks of the node for each instance, which a node with hundreds of services makes slow.
 */
const decisive = sql`(
  SELECT group_concat(${checks.doc}, ',' ORDER BY ${checks.serviceIdKey}, ${checks.checkKey})
  FROM ${checks} INDEXED BY checks_instance
  WHERE ${checks.nodeKey} = ${services.nodeKey} AND ${checks.serviceIdKey} IN ('', ${services.idKey}))`;
// One parse for all rows, see decodeDocs.
const healthDoc = sql<string>`'{"Node":' || ${nodes.doc} || ',"Service":' || ${services.doc}
  || ',"Checks":[' || coalesce(${decisive}, '') || ']}'`;

const statements = prepared((db) => {
  const instances = () =>
    db.select({ doc: healthDoc }).from(services).innerJoin(nodes, eq(nodes.nodeKey, services.nodeKey));
  const order = [asc(services.nodeKey), asc(services.idKey)] as const;
  return {
    byName: instances()
      .where(eq(services.serviceKey, sql.placeholder("key")))
      .orderBy(...order)
      .prepare(),
    byConnect: instances()
      .where(eq(services.connectKey, sql.placeholder("key")))
      .orderBy(...order)
      .prepare(),
  };
});

/**
 * A node, by name or by an unambiguous beginning of its id, with its instances by service id. An unknown node has the
 * index of the tables: Consul answers 1 and then cannot block.
 */
export function nodeWithServices(db: StateDb, nameOrId: string): QueryResult<NodeWithServices | undefined> {
  const node = nodeByNameOrIdPrefix(db, nameOrId);
  const topics = [nodeTopic(node?.Node ?? nameOrId)];
  // A look-up by id depends on every other node, which may begin the same.
  if (isIdPrefix(nameOrId) && node?.Node.toLowerCase() !== nameOrId.toLowerCase()) {
    topics.push(nodeTopic(nameOrId), NODES_TOPIC);
  }
  const value = node && { Node: node, Services: servicesOfNode(db, node.Node) };
  return { value, ...tableIndex(db, ["nodes", "services"]), interest: { topics } };
}

/** Instances of a service with node and checks, by node and service id. */
export function healthService(db: StateDb, name: string, filter: InstanceFilter = {}): QueryResult<InstanceHealth[]> {
  const all = decodeDocs<InstanceHealth>(statements(db).byName.all({ key: name.toLowerCase() }));
  return {
    value: all.filter(({ Service, Node }) => matches(filter, Service.Tags, Node.Meta)),
    ...serviceIndex(db, name, all.length > 0, HEALTH_TABLES),
    interest: { topics: [serviceTopic(name), serviceChecksTopic(name)] },
  };
}

/** `healthService` of what the mesh reaches a service through. */
export function healthConnect(db: StateDb, name: string, filter: InstanceFilter = {}): QueryResult<InstanceHealth[]> {
  const all = decodeDocs<InstanceHealth>(statements(db).byConnect.all({ key: name.toLowerCase() }));
  return {
    value: all.filter(({ Service, Node }) => matches(filter, Service.Tags, Node.Meta)),
    ...connectIndex(db, name, all.length > 0, HEALTH_TABLES),
    interest: { topics: [connectTopic(name), connectChecksTopic(name)] },
  };
}

/** What metrics count. */
export function catalogCounts(db: StateDb): {
  nodes: number;
  services: number;
  instances: number;
  checks: { status: string; n: number }[];
} {
  const { names, instances } = serviceCounts(db);
  return { nodes: nodeCount(db), services: names, instances, checks: checkCounts(db) };
}

const HEALTH_TABLES = ["nodes", "services", "checks"] as const;
