import type { ServiceSummary } from "../../model/internal-ui.ts";
import type { NodeService } from "../../model/service.ts";
import type { InstanceHealth } from "../catalog/queries.ts";

/** What a summary takes of an instance; "" for what it has not. */
export interface UiInstance {
  readonly node: string;
  readonly name: string;
  readonly kind: string;
  readonly tags: readonly string[];
  readonly source: string;
  readonly proxyFor: string;
}

/** Key of the meta that says by whom an instance was registered. */
const EXTERNAL_SOURCE = "external-source";

export function uiInstanceOf(node: string, { Service, Kind = "", Tags, Meta, Proxy: its }: NodeService): UiInstance {
  const proxyFor = Kind === "connect-proxy" ? String(its.DestinationServiceName ?? "") : "";
  return { node, name: Service, kind: Kind, tags: Tags ?? [], source: Meta?.[EXTERNAL_SOURCE] ?? "", proxyFor };
}

/** Summaries of services by name; each may be asked for before any instance of it is counted. */
export class Summaries {
  readonly #byName = new Map<string, Sums>();

  /** `statuses`: of the checks that decide on its health. */
  add({ node, name, kind, tags, source, proxyFor }: UiInstance, statuses: readonly string[]): Sums {
    const sums = this.of(name);
    sums.kind = kind;
    sums.nodes.push(node);
    for (const tag of tags) sums.tags.add(tag);
    if (source !== "") sums.sources.add(source);
    if (proxyFor !== "") sums.proxyFor.add(proxyFor);
    count(sums, statuses);
    return sums;
  }

  addHealth({ Node, Service, Checks }: InstanceHealth): void {
    this.add(
      uiInstanceOf(Node.Node, Service),
      Checks.map(({ Status }) => Status),
    );
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

export function count({ statuses }: Sums, more: readonly string[]): void {
  for (const status of more) statuses.set(status, (statuses.get(status) ?? 0) + 1);
}

export interface Sums {
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
