import type { ServiceSummary } from "../../model/internal-ui.ts";
import type { NodeService } from "../../model/service.ts";
import type { InstanceHealth } from "../catalog/queries.ts";

/** What a summary counts of an instance. */
export interface UiInstance {
  node: string;
  service: Pick<NodeService, "Service" | "Kind" | "Tags" | "Meta" | "Proxy">;
  /** Statuses of the checks that decide on its health. */
  statuses: readonly string[];
}

export function uiInstanceOf({ Node, Service, Checks }: InstanceHealth): UiInstance {
  return { node: Node.Node, service: Service, statuses: Checks.map(({ Status }) => Status) };
}

/** Key of the meta that says by whom an instance was registered. */
const EXTERNAL_SOURCE = "external-source";

/** Summaries of services by name; each may be asked for before any instance of it is counted. */
export class Summaries {
  readonly #byName = new Map<string, Sums>();

  add({ node, service, statuses }: UiInstance): void {
    const sums = this.of(service.Service);
    sums.kind = service.Kind ?? "";
    sums.nodes.push(node);
    for (const tag of service.Tags ?? []) sums.tags.add(tag);
    const source = service.Meta?.[EXTERNAL_SOURCE] ?? "";
    if (source !== "") sums.sources.add(source);
    if (sums.kind === "connect-proxy") sums.proxyFor.add(String(service.Proxy.DestinationServiceName ?? ""));
    for (const status of statuses) sums.statuses.set(status, (sums.statuses.get(status) ?? 0) + 1);
  }

  /** The summary of a name, which is shown from now on. */
  of(name: string): Sums {
    let sums = this.#byName.get(name);
    if (sums === undefined) {
      sums = { ...newSums() };
      this.#byName.set(name, sums);
    }
    return sums;
  }

  /** By name, lists as Consul has them: what is empty is null. */
  list(): ServiceSummary[] {
    const names = [...this.#byName.keys()].sort();
    return names.map((name) => summaryOf(name, this.of(name)));
  }
}

interface Sums {
  kind: string;
  readonly nodes: string[];
  readonly tags: Set<string>;
  readonly sources: Set<string>;
  readonly proxyFor: Set<string>;
  readonly statuses: Map<string, number>;
  /** Of an ingress gateway for this service. */
  readonly addresses: Set<string>;
}

const newSums = (): Sums => ({
  kind: "",
  nodes: [],
  tags: new Set(),
  sources: new Set(),
  proxyFor: new Set(),
  statuses: new Map(),
  addresses: new Set(),
});

function summaryOf(name: string, sums: Sums): ServiceSummary {
  const { kind, nodes, tags, sources, proxyFor, statuses, addresses } = sums;
  return {
    ...(kind === "" ? {} : { Kind: kind }),
    Name: name,
    Tags: orNull([...tags].sort()),
    Nodes: orNull(nodes.toSorted()),
    InstanceCount: nodes.length,
    ...(proxyFor.size === 0 ? {} : { ProxyFor: [...proxyFor] }),
    ChecksPassing: statuses.get("passing") ?? 0,
    ChecksWarning: statuses.get("warning") ?? 0,
    ChecksCritical: statuses.get("critical") ?? 0,
    ExternalSources: orNull([...sources]),
    GatewayConfig: addresses.size === 0 ? {} : { Addresses: [...addresses] },
  };
}

const orNull = (list: string[]): string[] | null => (list.length === 0 ? null : list);
