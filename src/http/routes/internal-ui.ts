import { z } from "zod";
import { listOf, mapOf, string, struct } from "../../lang/filter/field-spec.ts";
import { CHECK_FIELDS } from "../../lang/filter/fields/check.ts";
import { NODE_SERVICE_FIELDS } from "../../lang/filter/fields/node-service.ts";
import { SERVICE_HEALTH_FIELDS } from "../../lang/filter/fields/service-health.ts";
import { Refusal } from "../../lib/refusal.ts";
import { CatalogOverview, ExportedSummary, ServiceSummary, ServiceTopology, UiNode } from "../../model/internal-ui.ts";
import type { QueryResult } from "../../state/query.ts";
import { required } from "../catalog-query.ts";
import { filterPredicate } from "../filtering.ts";
import { one, READ_QUERY } from "../query-schema.ts";
import { defineRoute, type Reply, reply } from "../route.ts";
import type { InstanceHealth } from "./health.ts";

export interface InternalUiDeps {
  internalUi: {
    /** JSON of all nodes in Go's way, by name. */
    nodes(): QueryResult<string>;
    /** JSON of a node in Go's way; undefined when it is unknown. */
    node(name: string): QueryResult<string | undefined>;
    /** Of all instances, or of those that are to be kept. */
    services(keep?: (instance: InstanceHealth) => boolean): QueryResult<ServiceSummary[]>;
    gatewayServices(gateway: string): QueryResult<ServiceSummary[]>;
    overview(): QueryResult<CatalogOverview>;
    exportedServices(peer: string): QueryResult<ExportedSummary[]>;
    topology(service: string, isIngress: boolean): QueryResult<ServiceTopology>;
  };
}

const common = { acl: ["node:read", "service:read"], blocking: "index", namespaced: true } as const;

const NODE_DUMP_FIELDS = struct({
  ID: string,
  Node: string,
  Address: string,
  TaggedAddresses: mapOf(string),
  Meta: mapOf(string),
  Services: listOf(NODE_SERVICE_FIELDS),
  Checks: listOf(CHECK_FIELDS),
});

/** An answer that is JSON already; only who wants it indented has it read. */
function ready(text: string): Reply {
  return reply({ json: { toJSON: () => JSON.parse(text) as unknown }, compact: () => text });
}

const nodes = defineRoute({
  method: "GET",
  path: "/v1/internal/ui/nodes",
  summary: "All nodes with their services and checks",
  query: z.object(READ_QUERY),
  answer: z.array(UiNode),
  ...common,
  read({ query }, { internalUi }: InternalUiDeps): QueryResult<UiNode[] | Reply> {
    const found = internalUi.nodes();
    if (!query.filter) return { ...found, value: ready(found.value) };
    const all = JSON.parse(found.value) as UiNode[];
    return { ...found, value: all.filter(filterPredicate(query.filter, NODE_DUMP_FIELDS)) };
  },
});

const node = defineRoute({
  method: "GET",
  path: "/v1/internal/ui/node/:node{.*}",
  summary: "A node with its services and checks",
  query: z.object(READ_QUERY),
  answer: UiNode,
  ...common,
  read({ params }, { internalUi }: InternalUiDeps) {
    const found = internalUi.node(required(params.node, "Missing node name"));
    // As Consul says it, without the headers of a read.
    if (found.value === undefined) throw new Refusal("", 404);
    return { ...found, value: ready(found.value) };
  },
});

const services = defineRoute({
  method: "GET",
  path: "/v1/internal/ui/services",
  summary: "All services, each with its health in numbers",
  query: z.object(READ_QUERY),
  answer: z.array(ServiceSummary),
  ...common,
  read({ query }, { internalUi }: InternalUiDeps) {
    return internalUi.services(query.filter ? filterPredicate(query.filter, SERVICE_HEALTH_FIELDS) : undefined);
  },
});

const gatewayServices = defineRoute({
  method: "GET",
  path: "/v1/internal/ui/gateway-services-nodes/:gateway{.*}",
  summary: "Services that a gateway stands before, each with its health in numbers",
  query: z.object(READ_QUERY),
  answer: z.array(ServiceSummary),
  ...common,
  read: ({ params }, { internalUi }: InternalUiDeps) =>
    internalUi.gatewayServices(required(params.gateway, "Missing gateway name")),
});

const overview = defineRoute({
  method: "GET",
  path: "/v1/internal/ui/catalog-overview",
  summary: "How many nodes, services and checks there are, and how they are",
  query: z.object(READ_QUERY),
  answer: CatalogOverview,
  ...common,
  beyondConsul: true,
  read: (_, { internalUi }: InternalUiDeps) => internalUi.overview(),
});

const exported = defineRoute({
  method: "GET",
  path: "/v1/internal/ui/exported-services",
  summary: "Services that a peer may use",
  query: z.object({ ...READ_QUERY, peer: one }),
  answer: z.array(ExportedSummary),
  ...common,
  beyondConsul: true,
  read: ({ query }, { internalUi }: InternalUiDeps) =>
    internalUi.exportedServices(required(query.peer, "Missing peer name")),
});

/** What a topology is asked for of, by the words of the query. */
const TOPOLOGY_KINDS = ["", "ingress-gateway"];

const topology = defineRoute({
  method: "GET",
  path: "/v1/internal/ui/service-topology/:service{.*}",
  summary: "Whom a service calls, and who calls it",
  query: z.object({ ...READ_QUERY, kind: one }),
  answer: ServiceTopology,
  ...common,
  beyondConsul: true,
  read({ params, query }, { internalUi }: InternalUiDeps) {
    const service = required(params.service, "Missing service name");
    const { kind } = query;
    if (kind === undefined) throw new Refusal("Missing service kind", 400);
    if (!TOPOLOGY_KINDS.includes(kind)) throw new Refusal(`Unsupported service kind ${JSON.stringify(kind)}`, 400);
    return internalUi.topology(service, kind !== "");
  },
});

export const internalUiRoutes = [nodes, node, services, gatewayServices, overview, exported, topology] as const;
