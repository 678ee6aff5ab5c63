import { and, asc, eq, sql } from "drizzle-orm";
import type { Node } from "../../model/node.ts";
import type { NodeService, ServiceNode } from "../../model/service.ts";
import { decodeDoc, decodeDocs } from "../catalog/docs.ts";
import { connectTopic, SERVICE_NAMES_TOPIC } from "../catalog/topics.ts";
import { prepared, type StateDb } from "../db.ts";
import { gatewaysOf } from "../gateway-services/queries.ts";
import { highest, maxIndex, moving, readIndex, tableIndex } from "../indexes/queries.ts";
import { hasMeta } from "../nodes/queries.ts";
import { nodes } from "../nodes/tables.ts";
import type { QueryResult } from "../query.ts";
import { NODES_TOPIC, SERVICES_TOPIC, serviceTopic } from "../topics.ts";
import { serviceNames, services, serviceTags } from "./tables.ts";
import { connectIndexName, EXTINCTION_INDEX, serviceIndexName } from "./touch.ts";

// One parse for all rows, see decodeDocs.
const joinedDoc = sql<string>`'{"node":' || ${nodes.doc} || ',"service":' || ${services.doc} || '}'`;

const statements = prepared((db) => {
  const joined = () =>
    db.select({ doc: joinedDoc }).from(services).innerJoin(nodes, eq(nodes.nodeKey, services.nodeKey));
  return {
    one: db
      .select()
      .from(services)
      .where(and(eq(services.nodeKey, sql.placeholder("nodeKey")), eq(services.idKey, sql.placeholder("idKey"))))
      .prepare(),
    ofNode: db
      .select()
      .from(services)
      .where(eq(services.nodeKey, sql.placeholder("nodeKey")))
      .orderBy(asc(services.idKey))
      .prepare(),
    byName: joined()
      .where(eq(services.serviceKey, sql.placeholder("key")))
      .orderBy(asc(services.nodeKey), asc(services.idKey))
      .prepare(),
    byConnect: joined()
      .where(eq(services.connectKey, sql.placeholder("key")))
      .orderBy(asc(services.nodeKey), asc(services.idKey))
      .prepare(),
    byAddress: joined()
      .where(and(sql`${services.address} <> ''`, eq(services.address, sql.placeholder("address"))))
      .orderBy(asc(services.nodeKey), asc(services.idKey))
      .prepare(),
    listed: db
      .select({ name: serviceNames.name, tag: serviceTags.tag })
      .from(serviceNames)
      .leftJoin(serviceTags, eq(serviceTags.name, serviceNames.name))
      .orderBy(asc(serviceNames.name), asc(serviceTags.tag))
      .prepare(),
    all: joined().prepare(),
    countInstances: db.select({ n: sql<number>`count(*)` }).from(services).prepare(),
    countNames: db.select({ n: sql<number>`count(*)` }).from(serviceNames).prepare(),
  };
});

/** An instance with its look-up keys, by node and service id, both without regard to case. */
export function serviceRow(
  db: StateDb,
  node: string,
  serviceId: string,
): (Omit<typeof services.$inferSelect, "doc"> & { service: NodeService }) | undefined {
  const row = statements(db).one.get({ nodeKey: node.toLowerCase(), idKey: serviceId.toLowerCase() });
  if (row === undefined) return undefined;
  const { doc: _doc, ...keys } = row;
  return { ...keys, service: decodeDoc(row) };
}

/** An instance by node and service id, both without regard to case. */
export function serviceGet(db: StateDb, node: string, serviceId: string): NodeService | undefined {
  return serviceRow(db, node, serviceId)?.service;
}

/** Instances on a node, by service id. */
export function servicesOfNode(db: StateDb, node: string): NodeService[] {
  return decodeDocs(statements(db).ofNode.all({ nodeKey: node.toLowerCase() }));
}

/** Instances with exactly this address of their own, by node: what a reverse look-up asks. */
export function servicesByAddress(db: StateDb, address: string): ServiceNode[] {
  return decodeDocs<Joined>(statements(db).byAddress.all({ address })).map(toServiceNode);
}

/** How many instances there are, and how many different names they have. */
export function serviceCounts(db: StateDb): { instances: number; names: number } {
  const run = statements(db);
  return { instances: run.countInstances.get()?.n ?? 0, names: run.countNames.get()?.n ?? 0 };
}

/** Names of all services with the tags of their instances, each tag once. Different spellings stay apart, as in Consul. */
export function serviceList(
  db: StateDb,
  nodeMeta: Readonly<Record<string, string>> = {},
  keep?: (instance: ServiceNode) => boolean,
): QueryResult<Record<string, string[]>> {
  if (keep !== undefined || Object.keys(nodeMeta).length > 0) return serviceListOfSome(db, nodeMeta, keep);
  const value: Record<string, string[]> = Object.create(null);
  for (const { name, tag } of statements(db).listed.all()) {
    value[name] ??= [];
    if (tag !== null) value[name].push(tag);
  }
  return { value, ...tableIndex(db, ["services"]), interest: { topics: [SERVICE_NAMES_TOPIC] } };
}

/** `serviceList` of the instances that `keep` wants, on nodes with all of `nodeMeta`. */
function serviceListOfSome(
  db: StateDb,
  nodeMeta: Readonly<Record<string, string>>,
  keep: (instance: ServiceNode) => boolean = () => true,
): QueryResult<Record<string, string[]>> {
  const tags = new Map<string, Set<string>>();
  for (const joined of decodeDocs<Joined>(statements(db).all.all())) {
    const { node, service } = joined;
    if (!hasMeta(node.Meta, nodeMeta) || !keep(toServiceNode(joined))) continue;
    const known = tags.get(service.Service) ?? new Set();
    for (const tag of service.Tags ?? []) known.add(tag);
    tags.set(service.Service, known);
  }
  const value: Record<string, string[]> = Object.create(null);
  for (const name of [...tags.keys()].sort()) value[name] = [...(tags.get(name) ?? [])].sort();
  return {
    value,
    ...tableIndex(db, ["services", "nodes"]),
    interest: { topics: [SERVICES_TOPIC, NODES_TOPIC] },
  };
}

/** Which instances of a service are asked for. */
export interface InstanceFilter {
  /** All of them must be there; without regard to case. */
  tags?: readonly string[];
  nodeMeta?: Readonly<Record<string, string>>;
}

/** Instances of a service with their nodes, by node and service id. Checks do not matter here. */
export function serviceNodes(db: StateDb, name: string, filter: InstanceFilter = {}): QueryResult<ServiceNode[]> {
  const rows = decodeDocs<Joined>(statements(db).byName.all({ key: name.toLowerCase() }));
  return {
    value: rows.filter((row) => matches(filter, row.service.Tags, row.node.Meta)).map(toServiceNode),
    ...serviceIndex(db, name, rows.length > 0, ["nodes", "services"]),
    interest: { topics: [serviceTopic(name)] },
  };
}

/**
 * What the mesh reaches a service through: its proxies and native instances, then the gateways that stand before it. Tags are
 * those of the service, which they need not have.
 */
export function connectNodes(
  db: StateDb,
  name: string,
  { nodeMeta = {} }: Omit<InstanceFilter, "tags"> = {},
): QueryResult<ServiceNode[]> {
  const run = statements(db);
  const own = run.byConnect.all({ key: name.toLowerCase() });
  const gateways = gatewaysOf(db, name, "terminating-gateway");
  const ofGateways = gateways.map((gateway) => run.byName.all({ key: gateway }));
  const tables = ["nodes", "services"];
  const isLinked = own.length + gateways.length > 0;
  return {
    value: decodeDocs<Joined>([...own, ...ofGateways.flat()])
      .filter((row) => hasMeta(row.node.Meta, nodeMeta))
      .map(toServiceNode),
    ...highest([
      connectIndex(db, name, isLinked, tables),
      ...gateways.map((gateway, i) => serviceIndex(db, gateway, (ofGateways[i] ?? []).length > 0, tables)),
    ]),
    interest: { topics: [connectTopic(name), ...gateways.map(serviceTopic)] },
  };
}

/**
 * Index of a service's instances. An unknown service has the index of the last extinction, so that its readers are not
 * woken by every other service; before the first one, that of the whole tables (Consul 1.8.7).
 */
export function serviceIndex(db: StateDb, name: string, exists: boolean, tables: readonly string[]) {
  return nameIndex(db, serviceIndexName(name.toLowerCase()), exists, tables);
}

/** `serviceIndex` of what the mesh reaches a service through. */
export function connectIndex(db: StateDb, name: string, exists: boolean, tables: readonly string[]) {
  return nameIndex(db, connectIndexName(name.toLowerCase()), exists, tables);
}

function nameIndex(db: StateDb, indexName: string, exists: boolean, tables: readonly string[]) {
  if (exists) return moving(() => readIndex(db, indexName));
  return moving(() => readIndex(db, EXTINCTION_INDEX) || maxIndex(db, tables));
}

/** True when an instance with these tags, on a node with this metadata, is asked for. */
export function matches(
  filter: InstanceFilter,
  tags: readonly string[] | null,
  meta: Readonly<Record<string, string>> | null,
): boolean {
  return hasTags(tags, filter.tags ?? []) && hasMeta(meta, filter.nodeMeta ?? {});
}

function hasTags(tags: readonly string[] | null, wanted: readonly string[]): boolean {
  if (wanted.length === 0) return true;
  const has = new Set((tags ?? []).map((tag) => tag.toLowerCase()));
  return wanted.every((tag) => has.has(tag.toLowerCase()));
}

interface Joined {
  node: Node;
  service: NodeService;
}

function toServiceNode({ node, service }: Joined): ServiceNode {
  return {
    ID: node.ID,
    Node: node.Node,
    Address: node.Address,
    Datacenter: node.Datacenter,
    TaggedAddresses: node.TaggedAddresses,
    NodeMeta: node.Meta,
    ServiceKind: service.Kind ?? "",
    ServiceID: service.ID,
    ServiceName: service.Service,
    ServiceTags: service.Tags ?? [],
    ServiceAddress: service.Address,
    ...(service.TaggedAddresses === undefined ? {} : { ServiceTaggedAddresses: service.TaggedAddresses }),
    ServiceWeights: service.Weights,
    ServiceMeta: service.Meta ?? {},
    ServicePort: service.Port,
    ServiceEnableTagOverride: service.EnableTagOverride,
    ServiceProxy: service.Proxy,
    ServiceConnect: service.Connect,
    CreateIndex: service.CreateIndex,
    ModifyIndex: service.ModifyIndex,
  };
}
