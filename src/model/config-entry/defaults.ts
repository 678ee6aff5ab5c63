import { z } from "zod";
import { goString } from "../go-decode.ts";
import { Expose, goMap, MeshGateway, opaque, orZero } from "./parts.ts";

/** How a service is reached, for all its instances and proxies. */
export const ServiceDefaults = z.object({
  Kind: z.literal("service-defaults"),
  Name: z.string(),
  /** `tcp` ("" too), `http`, `http2`, `grpc`. */
  Protocol: goString(),
  MeshGateway: orZero(MeshGateway),
  Expose: orZero(Expose),
  ExternalSNI: goString(),
  Meta: goMap(),
});
export type ServiceDefaults = z.infer<typeof ServiceDefaults>;

/** What all proxies have unless a service says otherwise. There is one, named `global`. */
export const ProxyDefaults = z.object({
  Kind: z.literal("proxy-defaults"),
  Name: z.string(),
  Config: opaque(),
  MeshGateway: orZero(MeshGateway),
  Expose: orZero(Expose),
  Meta: goMap(),
});
export type ProxyDefaults = z.infer<typeof ProxyDefaults>;
