import { z } from "zod";
import { HealthCheck } from "./check.ts";
import { Index } from "./common.ts";
import { Node } from "./node.ts";
import { NodeService } from "./service.ts";

/** A mesh gateway with its node and the checks that decide on its health; null where there are none. */
export const MeshGatewayInstance = z.object({
  Node,
  Service: NodeService,
  Checks: z.array(HealthCheck.extend({ ServiceTags: z.array(z.string()).nullable() })).nullable(),
});
export type MeshGatewayInstance = z.infer<typeof MeshGatewayInstance>;

/** What a datacenter says of itself to the others: its mesh gateways, the failed ones too. */
export const FederationState = z.object({
  Datacenter: z.string(),
  /** By node and service id; absent when there are none. */
  MeshGateways: z.array(MeshGatewayInstance).optional(),
  /** RFC 3339 with up to nine digits of a second. */
  UpdatedAt: z.string(),
  /** Index of the change in the datacenter itself. */
  PrimaryModifyIndex: Index,
  CreateIndex: Index,
  ModifyIndex: Index,
});
export type FederationState = z.infer<typeof FederationState>;
