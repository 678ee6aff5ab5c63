import { formatDurationNs } from "../../lib/duration.ts";
import { planOf } from "../../model/config-entry/plan.ts";
import { printStruct } from "../../model/config-entry/print.ts";
import { ServiceRoute } from "../../model/config-entry/routing.ts";
import type { CompiledDiscoveryChain } from "../../model/discovery-chain.ts";
import { keyOf, type Node } from "./graph.ts";
import type { Target } from "./targets.ts";

/** A chain that is compiled. */
export interface ChainParts {
  readonly service: string;
  readonly namespace: string;
  readonly datacenter: string;
  readonly trustDomain: string;
  readonly customizationHash: string;
  readonly protocol: string;
  readonly start: string;
  readonly nodes: readonly Node[];
  readonly targets: readonly Target[];
}

/** A chain as Consul prints it: without Go's zero values, durations as texts, the order of its structs' fields. */
export function printChain(parts: ChainParts): CompiledDiscoveryChain {
  const chain = {
    ServiceName: parts.service,
    Namespace: parts.namespace,
    Datacenter: parts.datacenter,
    CustomizationHash: parts.customizationHash,
    Protocol: parts.protocol,
    StartNode: parts.start,
    Nodes: inOrder(parts.nodes.map((node) => [keyOf(node), printNode(node)])),
    Targets: inOrder(parts.targets.map((target) => [target.id, printTarget(target, parts.trustDomain)])),
  };
  return withoutZeros(chain) as CompiledDiscoveryChain;
}

function inOrder<T>(entries: readonly (readonly [string, T])[]): Record<string, T> {
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function printNode(node: Node) {
  const { name: Name } = node;
  switch (node.type) {
    case "router":
      return { Type: node.type, Name, Routes: node.routes.map((route) => printRoute(route.definition, route.next)) };
    case "splitter":
      return {
        Type: node.type,
        Name,
        Splits: node.splits.map(({ weight, next }) => ({ Weight: weight, NextNode: next })),
      };
    case "resolver":
      return {
        ...{ Type: node.type, Name },
        Resolver: {
          ConnectTimeout: formatDurationNs(node.connectTimeoutNs),
          Default: node.isDefault,
          Target: node.target,
          Failover: node.failover.length === 0 ? null : { Targets: node.failover },
        },
      };
  }
}

function printRoute(route: ServiceRoute, next: string) {
  return { Definition: printStruct(planOf(ServiceRoute), route), NextNode: next };
}

/** Mesh gateways tell targets apart by their names. */
function printTarget(target: Target, trustDomain: string) {
  const name = `${target.id}.internal.${trustDomain}`;
  return {
    ID: target.id,
    Service: target.service,
    ServiceSubset: target.subset,
    Namespace: target.namespace,
    Datacenter: target.datacenter,
    MeshGateway: { Mode: target.meshGatewayMode },
    Subset: target.instances,
    External: target.externalSni !== "",
    SNI: target.externalSni || name,
    Name: name,
  };
}

/** A copy without fields that say nothing; an object stays when all of its fields have gone. */
function withoutZeros(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutZeros);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, field]) => (isZero(field) ? [] : [[key, withoutZeros(field)]])),
  );
}

function isZero(value: unknown): boolean {
  return !value || (Array.isArray(value) && value.length === 0);
}
