import type { ProxyDefinition, UpstreamDefinition } from "./definition-proxy.ts";

/** A proxy as Consul prints it: keys in its order, empty ones left out, `MeshGateway` and `Expose` always there. */
export function proxyShape(proxy: ProxyDefinition | null): Record<string, unknown> {
  if (proxy === null) return { MeshGateway: {}, Expose: {} };
  return {
    ...filled({
      DestinationServiceName: proxy.DestinationServiceName,
      DestinationServiceID: proxy.DestinationServiceID,
      LocalServiceAddress: proxy.LocalServiceAddress,
      LocalServicePort: proxy.LocalServicePort,
      LocalServiceSocketPath: proxy.LocalServiceSocketPath,
      Mode: proxy.Mode,
      TransparentProxy: proxy.TransparentProxy && filled(proxy.TransparentProxy),
      Config: sortedDeep(proxy.Config),
      Upstreams: proxy.Upstreams?.map(upstreamShape),
    }),
    MeshGateway: filled(proxy.MeshGateway ?? {}),
    Expose: filled({
      Checks: proxy.Expose?.Checks,
      Paths: proxy.Expose?.Paths?.map(({ ParsedFromCheck, ...path }) => ({ ...filled(path), ParsedFromCheck })),
    }),
  };
}

function upstreamShape(upstream: UpstreamDefinition): Record<string, unknown> {
  return {
    DestinationType: upstream.DestinationType,
    ...filled({ DestinationNamespace: upstream.DestinationNamespace }),
    DestinationName: upstream.DestinationName,
    ...filled({ DestinationPeer: upstream.DestinationPeer }),
    Datacenter: upstream.Datacenter,
    ...filled({ LocalBindAddress: upstream.LocalBindAddress, LocalBindPort: upstream.LocalBindPort }),
    ...filled({
      LocalBindSocketPath: upstream.LocalBindSocketPath,
      LocalBindSocketMode: upstream.LocalBindSocketMode,
    }),
    Config: sortedDeep(upstream.Config),
    MeshGateway: filled(upstream.MeshGateway ?? {}),
  };
}

/** Go's `omitempty`: without zero numbers, false, and empty texts, lists and maps. */
export function filled(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => !isZero(value)));
}

function isZero(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (typeof value === "object" && value !== null) return Object.keys(value).length === 0;
  return !value;
}

/** JSON with the keys of all its objects sorted: Go prints maps so, and equal settings must be equal texts. */
export function sortedDeep(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedDeep);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sortedDeep(item)]));
}
