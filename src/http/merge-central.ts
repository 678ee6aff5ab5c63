import { mergedProxy, requestFor } from "../agent/central-config/merge.ts";
import type { NodeService, ServiceNode } from "../model/service.ts";
import type { ServiceConfig } from "../model/service-config.ts";
import type { QueryResult } from "../state/query.ts";
import type { CentralConfigDeps } from "./routes/central-config.ts";

type Proxied = Pick<NodeService, "Kind" | "Service" | "Proxy">;

/** How the service of an item is found and its proxy put in its place. */
interface Parts<T> {
  service(item: T): Proxied;
  withProxy(item: T, proxy: NodeService["Proxy"]): T;
}

export const ofNodeService: Parts<NodeService> = {
  service: (service) => service,
  withProxy: (service, proxy) => ({ ...service, Proxy: proxy }),
};

export const ofServiceNode: Parts<ServiceNode> = {
  service: ({ ServiceKind, ServiceName, ServiceProxy }) => ({
    ...{ Kind: ServiceKind, Service: ServiceName, Proxy: ServiceProxy },
  }),
  withProxy: (instance, ServiceProxy) => ({ ...instance, ServiceProxy }),
};

/** `parts` for items that hold a service. */
export const ofInstance = <T extends { Service: NodeService }>(): Parts<T> => ({
  service: ({ Service }) => Service,
  withProxy: (instance, proxy) => ({ ...instance, Service: { ...instance.Service, Proxy: proxy } }),
});

/**
 * `?merge-central-config` (Consul since 1.12): proxies and gateways with what config entries say of them, also of agents that don't
 * merge it themselves. The answer then hangs on those entries, too.
 */
export function withCentralConfig<T>(
  found: QueryResult<T[]>,
  parts: Parts<T>,
  { centralConfig }: CentralConfigDeps,
): QueryResult<T[]> {
  const known = new Map<string, QueryResult<ServiceConfig>>();
  const value = found.value.map((item) => {
    const service = parts.service(item);
    const request = requestFor(service);
    if (request === undefined) return item;
    const key = JSON.stringify(request);
    const config = known.get(key) ?? centralConfig.resolve(request);
    known.set(key, config);
    return parts.withProxy(item, mergedProxy(service.Proxy, config.value));
  });
  const configs = [...known.values()];
  const indexNow = () => Math.max(...[found, ...configs].map((each) => each.indexNow?.() ?? each.index));
  const topics = [...found.interest.topics, ...configs.flatMap(({ interest }) => interest.topics)];
  return { ...found, value, index: indexNow(), indexNow, interest: { ...found.interest, topics } };
}
