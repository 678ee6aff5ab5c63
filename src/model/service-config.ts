import { z } from "zod";
import { Expose, MeshGateway, opaque, orZero, TransparentProxy } from "./config-entry/parts.ts";
import { goString } from "./go-decode.ts";

/** What config entries say about a proxy or gateway, as Consul's `ConfigEntry.ResolveServiceConfig` puts it together. */
export const ServiceConfig = z.object({
  ProxyConfig: opaque(),
  Mode: goString(),
  TransparentProxy: orZero(TransparentProxy),
  MeshGateway: orZero(MeshGateway),
  Expose: orZero(Expose),
  /** By the upstream's name; only those that something is said about. */
  UpstreamConfigs: z.record(z.string(), z.record(z.string(), z.unknown())),
  /** Gateway mode of upstreams where the proxy's own registration says none. */
  UpstreamMode: goString(),
  /** By the upstream's name, whatever the proxy's own registration says of all. */
  UpstreamModes: z.record(z.string(), z.string()).default({}),
});
export type ServiceConfig = z.infer<typeof ServiceConfig>;

/** What is asked for: a service, and the services that its proxy reaches. */
export interface ServiceConfigRequest {
  readonly name: string;
  readonly upstreams: readonly string[];
}
