import { z } from "zod";
import { HealthCheck } from "./check.ts";
import { StringMap } from "./common.ts";
import { NodeService } from "./service.ts";

/** A node with all that is on it. */
export const UiNode = z.object({
  ID: z.string(),
  Node: z.string(),
  Address: z.string(),
  TaggedAddresses: StringMap.nullable(),
  Meta: StringMap.nullable(),
  Services: z.array(NodeService),
  Checks: z.array(HealthCheck.extend({ ServiceTags: z.array(z.string()).nullable() })),
});
export type UiNode = z.infer<typeof UiNode>;

const GatewayConfig = z.object({
  /** `host:port` by which an ingress gateway is asked for the service. */
  Addresses: z.array(z.string()).optional(),
});

/** All instances of a name in one. */
export const ServiceSummary = z.object({
  /** Absent for an ordinary service; of the last instance where they differ. */
  Kind: z.string().optional(),
  Name: z.string(),
  Tags: z.array(z.string()).nullable(),
  /** Of each instance its node, sorted; null without instances. */
  Nodes: z.array(z.string()).nullable(),
  InstanceCount: z.number().int(),
  /** Services that these are proxies of. */
  ProxyFor: z.array(z.string()).optional(),
  ChecksPassing: z.number().int(),
  ChecksWarning: z.number().int(),
  ChecksCritical: z.number().int(),
  /** Who registered them, as their meta says (`external-source`). */
  ExternalSources: z.array(z.string()).nullable(),
  GatewayConfig,
});
export type ServiceSummary = z.infer<typeof ServiceSummary>;

/** How many there are, and how many of them are in which state. */
export const HealthSummary = z.object({
  /** Absent where all are in one. */
  Name: z.string().optional(),
  Total: z.number().int(),
  Passing: z.number().int(),
  Warning: z.number().int(),
  Critical: z.number().int(),
});
export type HealthSummary = z.infer<typeof HealthSummary>;

export const CatalogOverview = z.object({
  Nodes: z.array(HealthSummary),
  Services: z.array(HealthSummary),
  Checks: z.array(HealthSummary),
});
export type CatalogOverview = z.infer<typeof CatalogOverview>;

/** A summary as Consul has them since 1.9. */
const NewerSummary = ServiceSummary.omit({ ProxyFor: true }).extend({
  Datacenter: z.string(),
  TransparentProxy: z.boolean(),
  ConnectNative: z.boolean(),
});

export const ExportedSummary = NewerSummary.extend({
  ConnectedWithProxy: z.boolean(),
  ConnectedWithGateway: z.boolean(),
});
export type ExportedSummary = z.infer<typeof ExportedSummary>;

/** Whether one service may call another, as the config entries of the kind `service-intentions` say. */
export const IntentionDecision = z.object({
  DefaultAllow: z.boolean(),
  Allowed: z.boolean(),
  /** It hangs on the request. */
  HasPermissions: z.boolean(),
  ExternalSource: z.string(),
  /** An entry says so of these two by name. */
  HasExact: z.boolean(),
});
export type IntentionDecision = z.infer<typeof IntentionDecision>;

export const TopologySummary = NewerSummary.extend({
  /** How it is known that one calls the other: `proxy-registration`. */
  Source: z.string(),
  Intention: IntentionDecision,
});
export type TopologySummary = z.infer<typeof TopologySummary>;

/** Whom a service calls, and who calls it. */
export const ServiceTopology = z.object({
  Protocol: z.string(),
  TransparentProxy: z.boolean(),
  Upstreams: z.array(TopologySummary),
  Downstreams: z.array(TopologySummary),
  FilteredByACLs: z.boolean(),
});
export type ServiceTopology = z.infer<typeof ServiceTopology>;
