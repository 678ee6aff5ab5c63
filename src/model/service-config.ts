import { z } from "zod";
import { Expose, MeshGateway, opaque, orZero } from "./config-entry/parts.ts";

/** What config entries say about a proxy or gateway, as Consul's `ConfigEntry.ResolveServiceConfig` puts it together. */
export const ServiceConfig = z.object({
  ProxyConfig: opaque(),
  /** By the upstream's name; only those that something is said about. */
  UpstreamConfigs: z.record(z.string(), z.record(z.string(), z.unknown())),
  MeshGateway: orZero(MeshGateway),
  Expose: orZero(Expose),
});
export type ServiceConfig = z.infer<typeof ServiceConfig>;

/** What is asked for: a service, and the services that its proxy reaches. */
export interface ServiceConfigRequest {
  readonly name: string;
  readonly upstreams: readonly string[];
}
