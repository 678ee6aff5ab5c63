import { z } from "zod";
import { CHECK_FIELDS } from "../../lang/filter/fields/check.ts";
import { SERVICE_HEALTH_FIELDS } from "../../lang/filter/fields/service-health.ts";
import { HealthCheck } from "../../model/check.ts";
import { Node } from "../../model/node.ts";
import { NodeService } from "../../model/service.ts";
import type { QueryResult } from "../../state/query.ts";
import {
  INSTANCES_QUERY,
  LIST_QUERY,
  type NearDeps,
  nearest,
  nodeMeta,
  onlyPassing,
  required,
  withTags,
} from "../catalog-query.ts";
import { filterList } from "../filtering.ts";
import { ofInstance, withCentralConfig } from "../merge-central.ts";
import { one, READ_QUERY } from "../query-schema.ts";
import { defineRoute } from "../route.ts";
import { instanceFromAfar } from "../wan-addresses.ts";
import type { InstanceFilter } from "./catalog.ts";
import type { CentralConfigDeps } from "./central-config.ts";

/** An instance with its node and the checks that decide on its health. */
export const InstanceHealth = z.object({ Node, Service: NodeService, Checks: z.array(HealthCheck) });
export type InstanceHealth = z.infer<typeof InstanceHealth>;

export interface HealthDeps extends NearDeps {
  health: {
    /** All checks of a node. */
    node(name: string): QueryResult<HealthCheck[]>;
    /** Checks that carry a service's name. */
    checks(service: string, nodeMeta: Readonly<Record<string, string>>): QueryResult<HealthCheck[]>;
    /** Checks in a state; all for "any". */
    state(state: string, nodeMeta: Readonly<Record<string, string>>): QueryResult<HealthCheck[]>;
    service(name: string, filter: InstanceFilter): QueryResult<InstanceHealth[]>;
    /** What the mesh reaches a service through; tags are not looked at. */
    connect(name: string, filter: InstanceFilter): QueryResult<InstanceHealth[]>;
    /** Ingress gateways that stand before a service; tags are not looked at. */
    ingress(name: string, filter: InstanceFilter): QueryResult<InstanceHealth[]>;
  };
}

const Checks = z.array(HealthCheck);
const common = { acl: ["node:read", "service:read"], blocking: "index", effectiveConsistency: true } as const;

const ofNode = defineRoute({
  method: "GET",
  path: "/v1/health/node/:node{.*}",
  summary: "Checks of a node and its services",
  query: z.object(READ_QUERY),
  answer: Checks,
  ...common,
  namespaced: true,
  filter: filterList(CHECK_FIELDS),
  read: ({ params }, { health }: HealthDeps) => health.node(required(params.node, "Missing node name")),
});

const ofService = defineRoute({
  method: "GET",
  path: "/v1/health/checks/:service{.*}",
  summary: "Checks of a service",
  query: z.object(LIST_QUERY),
  answer: Checks,
  ...common,
  namespaced: true,
  filter: filterList(CHECK_FIELDS),
  read({ params, query }, deps: HealthDeps) {
    const found = deps.health.checks(required(params.service, "Missing service name"), nodeMeta(query));
    return nearest(found, query.near, (check) => check.Node, deps);
  },
});

const inState = defineRoute({
  method: "GET",
  path: "/v1/health/state/:state{.*}",
  summary: "Checks in a state: passing, warning, critical or any",
  query: z.object(LIST_QUERY),
  answer: Checks,
  ...common,
  namespaced: true,
  filter: filterList(CHECK_FIELDS),
  read({ params, query }, deps: HealthDeps) {
    const found = deps.health.state(required(params.state, "Missing check state"), nodeMeta(query));
    return nearest(found, query.near, (check) => check.Node, deps);
  },
});

function instancesRoute<const P extends string>(
  path: P,
  summary: string,
  find: (health: HealthDeps["health"], name: string, filter: InstanceFilter) => QueryResult<InstanceHealth[]>,
) {
  return defineRoute({
    method: "GET",
    path,
    summary,
    query: z.object({ ...INSTANCES_QUERY, passing: one }),
    answer: z.array(InstanceHealth),
    ...common,
    namespaced: true,
    agentCache: true,
    filter: filterList(SERVICE_HEALTH_FIELDS),
    fromAfar: (answer) => answer.map(instanceFromAfar),
    read({ params, query }, deps: HealthDeps & CentralConfigDeps) {
      const name = required(params.service, "Missing service name");
      const passing = onlyPassing(query.passing);
      const plain = find(deps.health, name, { tags: query.tag ?? [], nodeMeta: nodeMeta(query) });
      const found = query["merge-central-config"] ? withCentralConfig(plain, ofInstance(), deps) : plain;
      const sorted = nearest(found, query.near, (instance) => instance.Node.Node, deps);
      const kept = passing ? sorted.value.filter(isPassing) : sorted.value;
      return { ...sorted, value: kept.map((instance) => ({ ...instance, Service: withTags(instance.Service) })) };
    },
  });
}

const instances = [
  instancesRoute(
    "/v1/health/service/:service{.*}",
    "Instances of a service with node and checks",
    (health, name, filter) => health.service(name, filter),
  ),
  instancesRoute(
    "/v1/health/connect/:service{.*}",
    "Proxies, native instances and terminating gateways of a service with node and checks",
    (health, name, filter) => health.connect(name, filter),
  ),
  instancesRoute(
    "/v1/health/ingress/:service{.*}",
    "Ingress gateways of a service with node and checks",
    (health, name, filter) => health.ingress(name, filter),
  ),
] as const;

/** A warning of the node or of the instance is enough to drop it (observed, Consul 1.8.7). */
function isPassing({ Checks }: InstanceHealth): boolean {
  return Checks.every((check) => check.Status === "passing");
}

export const healthRoutes = [ofNode, ofService, inState, ...instances] as const;
