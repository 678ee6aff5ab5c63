import { asc, eq, sql } from "drizzle-orm";
import type { HealthCheck } from "../../model/check.ts";
import type { Node } from "../../model/node.ts";
import type { NodeService } from "../../model/service.ts";
import { checkCounts } from "../checks/queries.ts";
import { checks } from "../checks/tables.ts";
import { prepared, type StateDb } from "../db.ts";
import { gatewaysOf, ingressIndexName } from "../gateway-services/queries.ts";
import { ingressTopic } from "../gateway-services/topics.ts";
import { highest, moving, readIndex, tableIndex } from "../indexes/queries.ts";
import { hasMeta, isIdPrefix, nodeByNameOrIdPrefix, nodeCount } from "../nodes/queries.ts";
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
import { EXTINCTION_INDEX } from "../services/touch.ts";
import { NODES_TOPIC, nodeTopic, serviceChecksTopic, serviceTopic, type Topic } from "../topics.ts";
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

/** `healthService` of what the mesh reaches a service through; see `connectNodes`. */
export function healthConnect(db: StateDb, name: string, filter: GatewayFilter = {}): QueryResult<InstanceHealth[]> {
  const own = statements(db).byConnect.all({ key: name.toLowerCase() });
  const gateways = gatewaysOf(db, name, "terminating-gateway");
  const { indexNow } = connectIndex(db, name, own.length + gateways.length > 0, HEALTH_TABLES);
  const found = withGateways(db, gateways, filter, { rows: own, indexNow });
  return { ...found, interest: { topics: connectTopics(db, name) } };
}

/** Ingress gateways that stand before a service, with their health. */
export function healthIngress(db: StateDb, name: string, filter: GatewayFilter = {}): QueryResult<InstanceHealth[]> {
  const gateways = gatewaysOf(db, name, "ingress-gateway");
  const index = gateways.length > 0 ? ingressIndexName(name.toLowerCase()) : EXTINCTION_INDEX;
  const found = withGateways(db, gateways, filter, { rows: [], indexNow: () => readIndex(db, index) });
  return { ...found, interest: { topics: ingressTopics(db, name) } };
}

/** What `healthConnect` hangs on. */
export function connectTopics(db: StateDb, name: string): Topic[] {
  const gateways = gatewaysOf(db, name, "terminating-gateway");
  return [connectTopic(name), connectChecksTopic(name), ...gateways.flatMap(topicsOf)];
}

/** What `healthIngress` hangs on. */
export function ingressTopics(db: StateDb, name: string): Topic[] {
  return [ingressTopic(name), ...gatewaysOf(db, name, "ingress-gateway").flatMap(topicsOf)];
}

const topicsOf = (service: string): Topic[] => [serviceTopic(service), serviceChecksTopic(service)];

/** Their tags are not those of the services behind them, so that none are asked for. */
type GatewayFilter = Omit<InstanceFilter, "tags">;

interface BesideGateways {
  rows: readonly { doc: string }[];
  indexNow: () => number;
}

/** What stands beside the gateways, and the instances of these. */
function withGateways(
  db: StateDb,
  gateways: readonly string[],
  { nodeMeta = {} }: GatewayFilter,
  beside: BesideGateways,
): Omit<QueryResult<InstanceHealth[]>, "interest"> {
  const found = gateways.map((key) => ({ key, rows: statements(db).byName.all({ key }) }));
  const all = decodeDocs<InstanceHealth>([...beside.rows, ...found.flatMap(({ rows }) => rows)]);
  return {
    value: all.filter(({ Node }) => hasMeta(Node.Meta, nodeMeta)),
    ...highest([
      moving(beside.indexNow),
      ...found.map(({ key, rows }) => serviceIndex(db, key, rows.length > 0, HEALTH_TABLES)),
    ]),
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
