import { z } from "zod";
import { goBool, goInt, goString, goStrings } from "../go-decode.ts";
import {
  always,
  GatewayTls,
  goMap,
  goUint32,
  HeaderModifiers,
  later,
  orNull,
  orZero,
  PassiveHealthCheck,
} from "./parts.ts";

const ServiceLimits = {
  MaxConnections: later(goUint32()),
  MaxPendingRequests: later(goUint32()),
  MaxConcurrentRequests: later(goUint32()),
  PassiveHealthCheck: orNull(PassiveHealthCheck),
};

const IngressService = z.object({
  Name: always(goString()),
  Hosts: always(goStrings()),
  TLS: orNull(z.object({ SDS: GatewayTls.SDS })),
  RequestHeaders: orNull(HeaderModifiers),
  ResponseHeaders: orNull(HeaderModifiers),
  ...ServiceLimits,
  Meta: goMap(),
});

const IngressListener = z.object({
  Port: always(goInt()),
  /** `tcp`, `http`, `http2`, `grpc`. */
  Protocol: always(goString()),
  TLS: orNull(z.object({ Enabled: goBool(), ...GatewayTls })),
  Services: always(z.array(IngressService).nullable().default(null)),
});
export type IngressListener = z.infer<typeof IngressListener>;

/** What comes into the mesh through a gateway. */
export const IngressGateway = z.object({
  Kind: z.literal("ingress-gateway"),
  Name: z.string(),
  TLS: orZero(z.object({ Enabled: always(goBool()), ...GatewayTls })),
  Listeners: always(z.array(IngressListener).nullable().default(null)),
  Defaults: orNull(z.object(ServiceLimits)),
  Meta: goMap(),
});
export type IngressGateway = z.infer<typeof IngressGateway>;

const LinkedService = z.object({
  Name: goString(),
  CAFile: goString(),
  CertFile: goString(),
  KeyFile: goString(),
  SNI: goString(),
  DisableAutoHostRewrite: later(goBool()),
});

/** Services outside of the mesh that a gateway stands for. */
export const TerminatingGateway = z.object({
  Kind: z.literal("terminating-gateway"),
  Name: z.string(),
  Services: always(z.array(LinkedService).nullable().default(null)),
  Meta: goMap(),
});
export type TerminatingGateway = z.infer<typeof TerminatingGateway>;
