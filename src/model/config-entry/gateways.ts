import { z } from "zod";
import { goBool, goInt, goString, goStrings } from "../go-decode.ts";
import { goMap, orZero } from "./parts.ts";

const IngressService = z.object({ Name: goString(), Hosts: goStrings(), Namespace: goString() });

const IngressListener = z.object({
  Port: goInt(),
  /** `tcp`, `http`, `http2`, `grpc`. */
  Protocol: goString(),
  Services: z.array(IngressService).nullable().default(null),
});

/** What comes into the mesh through a gateway. */
export const IngressGateway = z.object({
  Kind: z.literal("ingress-gateway"),
  Name: z.string(),
  TLS: orZero(z.object({ Enabled: goBool() })),
  Listeners: z.array(IngressListener).nullable().default(null),
  Meta: goMap(),
});
export type IngressGateway = z.infer<typeof IngressGateway>;

const LinkedService = z.object({
  Name: goString(),
  Namespace: goString(),
  CAFile: goString(),
  CertFile: goString(),
  KeyFile: goString(),
  SNI: goString(),
});

/** Services outside of the mesh that a gateway stands for. */
export const TerminatingGateway = z.object({
  Kind: z.literal("terminating-gateway"),
  Name: z.string(),
  Services: z.array(LinkedService).nullable().default(null),
  Meta: goMap(),
});
export type TerminatingGateway = z.infer<typeof TerminatingGateway>;
