import { z } from "zod";
import { Refusal } from "../lib/refusal.ts";
import { decodingErrors } from "./config-entry/decode.ts";
import { isObject } from "./config-entry/go-value.ts";
import { MeshGateway, orZero } from "./config-entry/parts.ts";
import { planOf } from "./config-entry/plan.ts";
import { ResolverSubset } from "./config-entry/routing.ts";
import { WeakDecoder } from "./config-entry/weak-decoder.ts";
import { goDuration, goString } from "./go-decode.ts";

/**
 * How a service is reached through the mesh: a graph of routers, splitters and resolvers that ends in targets. All of it is
 * as it is printed: what is left out has Go's zero value, durations are texts.
 */

const RouterNode = z.object({
  Type: z.literal("router"),
  Name: z.string(),
  /** `Definition` is that of the router's entry; the last route takes all else. */
  Routes: z.array(z.object({ Definition: z.looseObject({}), NextNode: z.string() })),
});

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

const OverridesBody = z.object({
  OverrideConnectTimeout: goDuration(),
  OverrideProtocol: goString(),
  OverrideMeshGateway: orZero(MeshGateway),
});

/** What a caller wants otherwise than the config entries say. Go's zero values where it wants nothing. */
export interface ChainOverrides {
  readonly connectTimeoutNs: number;
  readonly protocol: string;
  readonly meshGatewayMode: string;
}

export const NO_OVERRIDES: ChainOverrides = { connectTimeoutNs: 0, protocol: "", meshGatewayMode: "" };

const MODES = ["", "none", "local", "remote"];
const PROTOCOL_CHARS_MAX = 255;

/** From decoded JSON, by the rules of config entries; other keys are ignored. Throws a Refusal (400) in Consul's words. */
export function decodeChainOverrides(json: unknown): ChainOverrides {
  const body = json ?? {};
  if (!isObject(body))
    throw undecodable(`json: cannot unmarshal ${jsonKind(body)} into Go value of type map[string]interface {}`);
  const decoder = new WeakDecoder();
  // The decoder goes by the schema, field by field.
  const said = decoder.struct(planOf(OverridesBody), body, "") as z.infer<typeof OverridesBody>;
  if (decoder.errors.length > 0) throw undecodable(decodingErrors(decoder.errors));
  const { OverrideConnectTimeout, OverrideProtocol, OverrideMeshGateway } = said;
  if (!MODES.includes(OverrideMeshGateway.Mode)) throw new Refusal("Invalid OverrideMeshGateway.Mode parameter", 400);
  if (OverrideProtocol.length > PROTOCOL_CHARS_MAX) {
    throw new Refusal(`OverrideProtocol has more than ${PROTOCOL_CHARS_MAX} characters`, 400);
  }
  return {
    connectTimeoutNs: OverrideConnectTimeout,
    protocol: OverrideProtocol,
    meshGatewayMode: OverrideMeshGateway.Mode,
  };
}

const undecodable = (reason: string) => new Refusal(`Bad request: Request decoding failed: ${reason}`, 400);

function jsonKind(json: unknown): string {
  if (Array.isArray(json)) return "array";
  if (typeof json === "boolean") return "bool";
  return typeof json === "string" ? "string" : "number";
}
