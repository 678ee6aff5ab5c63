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
