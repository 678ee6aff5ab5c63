/** What config entries add to a proxy's registration. Pure. */

import type { z } from "zod";
import { filled, sortedDeep } from "../../model/proxy-shape.ts";
import type { NodeService, ProxyConfig } from "../../model/service.ts";
import type { ServiceConfig, ServiceConfigRequest } from "../../model/service-config.ts";

type Proxy = z.infer<typeof ProxyConfig>;
type Json = Record<string, unknown>;

const GATEWAY_KINDS: readonly (string | undefined)[] = ["mesh-gateway", "terminating-gateway", "ingress-gateway"];

/**
 * What has to be known of the config entries for a service; undefined where they add nothing. As in Consul that is a proxy
 * which says whose it is by `DestinationServiceID`, or a gateway.
 */
export function requestFor(service: Pick<NodeService, "Kind" | "Service" | "Proxy">): ServiceConfigRequest | undefined {
  if (GATEWAY_KINDS.includes(service.Kind)) return { name: service.Service, upstreams: [] };
  const { DestinationServiceID: id, DestinationServiceName: name } = service.Proxy;
  if (service.Kind !== "connect-proxy" || typeof id !== "string" || id === "" || typeof name !== "string") {
    return undefined;
  }
  return { name, upstreams: upstreamsOf(service.Proxy).filter(isOfService).map(nameOf) };
}

/** The proxy as the catalog is to have it: the registration's own settings over those of the entries. */
export function mergedProxy(proxy: Proxy, central: ServiceConfig): Proxy {
  const { Mode, TransparentProxy, Config, Upstreams: _upstreams, MeshGateway, Expose, ...rest } = proxy;
  const ownMode = objectOf(MeshGateway).Mode;
  const config = mergedMaps(objectOf(Config), central.ProxyConfig ?? {});
  const upstreams = upstreamsOf(proxy).map((upstream) => mergedUpstream(upstream, ownMode, central));
  return {
    ...rest,
    ...filled({
      Mode: Mode || central.Mode,
      TransparentProxy: filled(mergedMaps(objectOf(TransparentProxy), central.TransparentProxy)),
      Config: sortedDeep(config),
      Upstreams: upstreams,
    }),
    MeshGateway: filled({ Mode: ownMode || central.MeshGateway.Mode }),
    Expose: mergedExpose(objectOf(Expose), central.Expose),
  };
}

/** The proxy's mode is that of its upstreams, too. A prepared query is none of the services that entries speak of. */
function mergedUpstream(upstream: Json, proxysMode: unknown, central: ServiceConfig): Json {
  if (!isOfService(upstream)) return upstream;
  const name = nameOf(upstream);
  const config = mergedMaps(objectOf(upstream.Config), ofName(central.UpstreamConfigs, name) ?? {});
  // From the nearest to the farthest.
  const ownMode = objectOf(upstream.MeshGateway).Mode || ofName(central.UpstreamModes, name);
  return {
    ...upstream,
    Config: Object.keys(config).length === 0 ? (upstream.Config ?? null) : sortedDeep(config),
    MeshGateway: filled({ Mode: ownMode || proxysMode || central.UpstreamMode || central.MeshGateway.Mode }),
  };
}

const ofName = <T>(byName: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(byName, name) ? byName[name] : undefined;

function mergedExpose(own: Json, central: ServiceConfig["Expose"]): Json {
  const paths = Array.isArray(own.Paths) && own.Paths.length > 0 ? own.Paths : central.Paths?.map(exposePath);
  return filled({ Checks: own.Checks === true || central.Checks, Paths: paths });
}

const exposePath = ({ ParsedFromCheck, ...path }: NonNullable<ServiceConfig["Expose"]["Paths"]>[number]) => ({
  ...filled(path),
  ParsedFromCheck,
});

/** Maps inside both are merged, too; what the own one has counts unless it is Go's zero value (observed). */
function mergedMaps(own: Json, central: Json): Json {
  const merged = new Map(Object.entries(own));
  for (const [key, value] of Object.entries(central)) {
    const before = merged.get(key);
    if (isObject(before) && isObject(value)) merged.set(key, mergedMaps(before, value));
    else if (isZero(before)) merged.set(key, value);
  }
  // Built by entries, so that a key named __proto__ stays a key.
  return Object.fromEntries(merged);
}

function isZero(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return isObject(value) ? Object.keys(value).length === 0 : !value;
}

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const objectOf = (value: unknown): Json => (isObject(value) ? value : {});

const upstreamsOf = ({ Upstreams }: Proxy): Json[] => (Array.isArray(Upstreams) ? Upstreams.filter(isObject) : []);
const nameOf = ({ DestinationName }: Json): string => (typeof DestinationName === "string" ? DestinationName : "");
const isOfService = ({ DestinationType = "" }: Json): boolean =>
  DestinationType === "" || DestinationType === "service";
