import { z } from "zod";
import { ResolverSubset, ServiceRoute } from "./config-entry/routing.ts";

/**
 * How a service is reached through the mesh: a graph of routers, splitters and resolvers that ends in targets. All of it is
 * as it is printed: what is left out has Go's zero value, durations are texts.
 */

const RouterNode = z.object({
  Type: z.literal("router"),
  Name: z.string(),
  Routes: z.array(z.object({ Definition: ServiceRoute.partial(), NextNode: z.string() })),
});
export type RouterNode = z.infer<typeof RouterNode>;

const SplitterNode = z.object({
  Type: z.literal("splitter"),
  Name: z.string(),
  /** Percent, with two decimals. */
  Splits: z.array(z.object({ Weight: z.number().optional(), NextNode: z.string() })),
});

const ResolverNode = z.object({
  Type: z.literal("resolver"),
  Name: z.string(),
  Resolver: z.object({
    ConnectTimeout: z.string(),
    /** Nobody has said anything about the service. */
    Default: z.boolean().optional(),
    Target: z.string(),
    /** In this order. */
    Failover: z.object({ Targets: z.array(z.string()) }).optional(),
  }),
});

const ChainTarget = z.object({
  ID: z.string(),
  Service: z.string(),
  ServiceSubset: z.string().optional(),
  Namespace: z.string(),
  Datacenter: z.string(),
  MeshGateway: z.object({ Mode: z.string().optional() }),
  Subset: ResolverSubset.partial(),
  /** Outside of the mesh. */
  External: z.boolean().optional(),
  SNI: z.string(),
  Name: z.string(),
});

export const CompiledDiscoveryChain = z.object({
  ServiceName: z.string(),
  Namespace: z.string(),
  Datacenter: z.string(),
  /** Differs for what was asked with other overrides, as far as they changed something. */
  CustomizationHash: z.string().optional(),
  Protocol: z.string(),
  StartNode: z.string(),
  Nodes: z.record(z.string(), z.discriminatedUnion("Type", [RouterNode, SplitterNode, ResolverNode])),
  Targets: z.record(z.string(), ChainTarget),
});
export type CompiledDiscoveryChain = z.infer<typeof CompiledDiscoveryChain>;

/** What a caller wants otherwise than the config entries say. Go's zero values where it wants nothing. */
export interface ChainOverrides {
  readonly connectTimeoutNs: number;
  readonly protocol: string;
  readonly meshGatewayMode: string;
}

export const NO_OVERRIDES: ChainOverrides = { connectTimeoutNs: 0, protocol: "", meshGatewayMode: "" };
