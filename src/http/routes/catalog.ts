import { z } from "zod";
import { NODE_FIELDS } from "../../lang/filter/fields/node.ts";
import { NODE_SERVICE_FIELDS } from "../../lang/filter/fields/node-service.ts";
import { SERVICE_NODE_FIELDS } from "../../lang/filter/fields/service-node.ts";
import { GatewayService } from "../../model/gateway-service.ts";
import { Node } from "../../model/node.ts";
import {
  type Deregistration,
  decodeDeregistration,
  decodeRegistration,
  type Registration,
} from "../../model/registration.ts";
import { NodeService, ServiceNode } from "../../model/service.ts";
import type { QueryResult } from "../../state/query.ts";
import { refuseBadCacheControl } from "../cache-control.ts";
import { INSTANCES_QUERY, LIST_QUERY, type NearDeps, nearest, nodeMeta, required, withTags } from "../catalog-query.ts";
import { filterList, filterPredicate } from "../filtering.ts";
import { prefixed } from "../json-body.ts";
import { ofNodeService, ofServiceNode, withCentralConfig } from "../merge-central.ts";
import { flag, one, READ_QUERY } from "../query-schema.ts";
import { defineRoute, json, reply } from "../route.ts";
import { nodeFromAfar, serviceFromAfar, serviceNodeFromAfar } from "../wan-addresses.ts";
import type { CentralConfigDeps } from "./central-config.ts";

/** Which instances of a service are asked for: with all of `tags`, on nodes with all of `nodeMeta`. */
export interface InstanceFilter {
  tags: readonly string[];
  nodeMeta: Readonly<Record<string, string>>;
}

export interface CatalogDeps extends NearDeps {
  catalog: {
    register(registration: Registration): Promise<true>;
    deregister(request: Deregistration): Promise<true>;
    /** Nearest first. */
    datacenters(): string[];
    nodes(nodeMeta: Readonly<Record<string, string>>): QueryResult<Node[]>;
    /** Tags of each service's instances, or of those that `keep` wants, by name. */
    services(
      nodeMeta: Readonly<Record<string, string>>,
      keep?: (instance: ServiceNode) => boolean,
    ): QueryResult<Record<string, string[]>>;
    serviceNodes(name: string, filter: InstanceFilter): QueryResult<ServiceNode[]>;
    /** What the mesh reaches a service through; tags are not looked at. */
    connectNodes(name: string, filter: InstanceFilter): QueryResult<ServiceNode[]>;
    /** By name, or by an unambiguous beginning of the node's id. */
    node(nameOrId: string): QueryResult<{ Node: Node; Services: NodeService[] } | undefined>;
    gatewayServices(gateway: string): QueryResult<GatewayService[]>;
  };
}

const WriteQuery = z.object({ dc: one, ns: one });

const DECODE_FAILED = "Request decode failed: ";

/** What is registered says where it is (observed, Consul 1.8.7: `?dc=` counts for nothing here). */
function datacenterOf(body: unknown): string {
  const fields = typeof body === "object" && body !== null ? Object.entries(body) : [];
  const [, named] = fields.findLast(([key]) => key.toLowerCase() === "datacenter") ?? [];
  return typeof named === "string" ? named : "";
}

const writes = [
  defineRoute({
    method: "PUT",
    path: "/v1/catalog/register",
    datacenterOf,
    summary: "Register a node, and with it a service and checks",
    query: WriteQuery,
    body: z.unknown(),
    answer: z.boolean(),
    acl: ["node:write", "service:write"],
    namespaced: true,
    async handle({ body }, { catalog }: CatalogDeps) {
      return json(await catalog.register(prefixed(DECODE_FAILED, () => decodeRegistration(body))));
    },
  }),
  defineRoute({
    method: "PUT",
    path: "/v1/catalog/deregister",
    datacenterOf,
    summary: "Remove a service, a check, or a whole node",
    query: WriteQuery,
    body: z.unknown(),
    answer: z.boolean(),
    acl: ["node:write", "service:write"],
    namespaced: true,
    async handle({ body }, { catalog }: CatalogDeps) {
      return json(await catalog.deregister(prefixed(DECODE_FAILED, () => decodeDeregistration(body))));
    },
  }),
] as const;

const lists = [
  defineRoute({
    method: "GET",
    path: "/v1/catalog/datacenters",
    summary: "Names of the datacenters, nearest first",
    query: z.object({ cached: flag }),
    answer: z.array(z.string()),
    acl: "none",
    handle({ query, raw }, { catalog }: CatalogDeps) {
      refuseBadCacheControl(raw.headers);
      // Known at any time, so it is always from memory.
      return reply({ json: catalog.datacenters(), headers: query.cached ? { "X-Cache": "HIT", Age: "0" } : {} });
    },
  }),
  defineRoute({
    method: "GET",
    path: "/v1/catalog/nodes",
    summary: "All nodes",
    query: z.object(LIST_QUERY),
    answer: z.array(Node),
    acl: "node:read",
    blocking: "index",
    effectiveConsistency: true,
    filter: filterList(NODE_FIELDS),
    fromAfar: (answer) => answer.map(nodeFromAfar),
    read({ query }, deps: CatalogDeps) {
      const found = deps.catalog.nodes(nodeMeta(query));
      return nearest(found, query.near, (node) => node.Node, deps);
    },
  }),
  defineRoute({
    method: "GET",
    path: "/v1/catalog/services",
    summary: "Names of all services with the tags of their instances",
    query: z.object(LIST_QUERY),
    answer: z.record(z.string(), z.array(z.string())),
    acl: "service:read",
    blocking: "index",
    effectiveConsistency: true,
    namespaced: true,
    agentCache: true,
    read({ query }, { catalog }: CatalogDeps) {
      // Consul's since 1.15; what is left of each service's tags are those of the instances that the filter keeps.
      const keep = query.filter ? filterPredicate(query.filter, SERVICE_NODE_FIELDS) : undefined;
      return catalog.services(nodeMeta(query), keep);
    },
  }),
] as const;

function instancesRoute<const P extends string>(
  path: P,
  summary: string,
  find: (catalog: CatalogDeps["catalog"], name: string, filter: InstanceFilter) => QueryResult<ServiceNode[]>,
) {
  return defineRoute({
    method: "GET",
    path,
    summary,
    query: z.object(INSTANCES_QUERY),
    answer: z.array(ServiceNode),
    acl: ["node:read", "service:read"],
    blocking: "index",
    effectiveConsistency: true,
    namespaced: true,
    agentCache: true,
    filter: filterList(SERVICE_NODE_FIELDS),
    fromAfar: (answer) => answer.map(serviceNodeFromAfar),
    read({ params, query }, deps: CatalogDeps & CentralConfigDeps) {
      const name = required(params.service, "Missing service name");
      const plain = find(deps.catalog, name, { tags: query.tag ?? [], nodeMeta: nodeMeta(query) });
      const found = query["merge-central-config"] ? withCentralConfig(plain, ofServiceNode, deps) : plain;
      return nearest(found, query.near, (instance) => instance.Node, deps);
    },
  });
}

const instances = [
  instancesRoute(
    "/v1/catalog/service/:service{.*}",
    "Instances of a service with their nodes",
    (catalog, name, filter) => catalog.serviceNodes(name, filter),
  ),
  instancesRoute(
    "/v1/catalog/connect/:service{.*}",
    "Proxies, native instances and terminating gateways of a service",
    (catalog, name, filter) => catalog.connectNodes(name, filter),
  ),
] as const;

const NodeWithMap = z.object({ Node, Services: z.record(z.string(), NodeService) }).nullable();
const NodeWithList = z.object({ Node: Node.nullable(), Services: z.array(NodeService).nullable() });

const nodes = [
  defineRoute({
    method: "GET",
    path: "/v1/catalog/node/:node{.*}",
    summary: "A node with its services by id",
    query: z.object(READ_QUERY),
    answer: NodeWithMap,
    acl: ["node:read", "service:read"],
    blocking: "index",
    effectiveConsistency: true,
    namespaced: true,
    filter(answer, expression) {
      const keep = filterPredicate(expression, NODE_SERVICE_FIELDS);
      if (answer === null) return null;
      const services = Object.entries(answer.Services).filter(([, service]) => keep(service));
      return { ...answer, Services: Object.fromEntries(services) };
    },
    fromAfar(answer) {
      if (answer === null) return null;
      const services = Object.entries(answer.Services).map(([id, service]) => [id, serviceFromAfar(service)]);
      return { Node: nodeFromAfar(answer.Node), Services: Object.fromEntries(services) };
    },
    read({ params }, { catalog }: CatalogDeps) {
      const found = catalog.node(required(params.node, "Missing node name"));
      if (found.value === undefined) return { ...found, value: null };
      const byId = found.value.Services.map((service): [string, NodeService] => [service.ID, withTags(service)]);
      byId.sort(([a], [b]) => (a < b ? -1 : 1));
      return { ...found, value: { Node: found.value.Node, Services: Object.fromEntries(byId) } };
    },
  }),
  defineRoute({
    method: "GET",
    path: "/v1/catalog/node-services/:node{.*}",
    summary: "A node with the list of its services",
    query: z.object({ ...READ_QUERY, "merge-central-config": flag }),
    answer: NodeWithList,
    acl: ["node:read", "service:read"],
    blocking: "index",
    effectiveConsistency: true,
    namespaced: true,
    filter(answer, expression) {
      const keep = filterPredicate(expression, NODE_SERVICE_FIELDS);
      return { ...answer, Services: answer.Services?.filter(keep) ?? null };
    },
    fromAfar: ({ Node, Services }) => ({
      Node: Node === null ? null : nodeFromAfar(Node),
      Services: Services?.map(serviceFromAfar) ?? null,
    }),
    read({ params, query }, deps: CatalogDeps & CentralConfigDeps) {
      const found = deps.catalog.node(required(params.node, "Missing node name"));
      const plain = { ...found, value: found.value?.Services.map(withTags) ?? [] };
      const services = query["merge-central-config"] ? withCentralConfig(plain, ofNodeService, deps) : plain;
      // Observed: a node without services has null here, and {} in the call above.
      const Services = services.value.length === 0 ? null : services.value;
      return { ...services, value: { Node: found.value?.Node ?? null, Services } };
    },
  }),
  defineRoute({
    method: "GET",
    path: "/v1/catalog/gateway-services/:gateway{.*}",
    summary: "Services that an ingress or terminating gateway stands before",
    query: z.object(READ_QUERY),
    answer: z.array(GatewayService).nullable(),
    acl: "service:read",
    blocking: "index",
    effectiveConsistency: true,
    namespaced: true,
    read({ params }, { catalog }: CatalogDeps) {
      const found = catalog.gatewayServices(required(params.gateway, "Missing gateway name"));
      return found.value.length === 0 ? { ...found, value: null } : found;
    },
  }),
] as const;

export const catalogRoutes = [...writes, ...lists, ...instances, ...nodes] as const;
