import { z } from "zod";
import { Index } from "./common.ts";

export const GATEWAY_KINDS = ["ingress-gateway", "terminating-gateway"] as const;
export type GatewayKind = (typeof GATEWAY_KINDS)[number];

/** A service that a gateway stands before. Absent fields are empty. */
export const GatewayService = z.object({
  Gateway: z.object({ Name: z.string() }),
  Service: z.object({ Name: z.string() }),
  GatewayKind: z.enum(GATEWAY_KINDS),
  /** Of the listener of an ingress gateway. */
  Port: z.number().int().optional(),
  Protocol: z.string().optional(),
  Hosts: z.array(z.string()).optional(),
  CAFile: z.string().optional(),
  CertFile: z.string().optional(),
  KeyFile: z.string().optional(),
  SNI: z.string().optional(),
  /** No entry names it: it is registered, and the gateway stands before all that are. */
  FromWildcard: z.boolean().optional(),
  CreateIndex: Index,
  ModifyIndex: Index,
});
export type GatewayService = z.infer<typeof GatewayService>;

/** Name of a service in a gateway's entry that stands for all that are registered. */
export const ALL_SERVICES = "*";
