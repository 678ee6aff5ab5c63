import { z } from "zod";
import { Index, ServiceAddress, StringMap } from "./common.ts";

export const Weights = z.object({ Passing: z.number().int(), Warning: z.number().int() });

/** Proxy and Connect settings travel through the registry as they came; the mesh reads them. */
export const ProxyConfig = z.record(z.string(), z.unknown());
export const ServiceConnect = z.record(z.string(), z.unknown());

/** An instance of a service on one node, as the catalog keeps it. */
export const NodeService = z.object({
  /** Absent for an ordinary service; `connect-proxy`, `mesh-gateway`, ... otherwise. */
  Kind: z.string().optional(),
  ID: z.string(),
  Service: z.string(),
  Tags: z.array(z.string()).nullable(),
  Address: z.string(),
  TaggedAddresses: z.record(z.string(), ServiceAddress).optional(),
  Meta: StringMap.nullable(),
  Port: z.number().int(),
  Weights: Weights,
  EnableTagOverride: z.boolean(),
  Proxy: ProxyConfig,
  Connect: ServiceConnect,
  CreateIndex: Index,
  ModifyIndex: Index,
});
export type NodeService = z.infer<typeof NodeService>;

/** A service joined with its node, flat: the shape of `GET /v1/catalog/service/:name`. */
export const ServiceNode = z.object({
  ID: z.string(),
  Node: z.string(),
  Address: z.string(),
  Datacenter: z.string(),
  TaggedAddresses: StringMap.nullable(),
  NodeMeta: StringMap.nullable(),
  ServiceKind: z.string(),
  ServiceID: z.string(),
  ServiceName: z.string(),
  ServiceTags: z.array(z.string()),
  ServiceAddress: z.string(),
  ServiceTaggedAddresses: z.record(z.string(), ServiceAddress).optional(),
  ServiceWeights: Weights,
  ServiceMeta: StringMap,
  ServicePort: z.number().int(),
  ServiceEnableTagOverride: z.boolean(),
  ServiceProxy: ProxyConfig,
  ServiceConnect: ServiceConnect,
  CreateIndex: Index,
  ModifyIndex: Index,
});
export type ServiceNode = z.infer<typeof ServiceNode>;
