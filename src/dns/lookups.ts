import type { DnsRecord } from "../codec/dns/types.ts";
import type { InstanceMemo } from "./instance-memo.ts";
import {
  type DnsAddressOwners,
  type DnsInstance,
  type DnsNode,
  type DnsQueryRequest,
  type DnsQueryResult,
  type DnsSource,
  instancesTopic,
  nodeTopic,
  type ServiceFilter,
  TOPIC_CATALOG,
} from "./source.ts";

/** Something an answer needs that is not here: it must be fetched, and then the answer is computed anew. */
export type Want =
  | { readonly kind: "external"; readonly name: string }
  | { readonly kind: "node"; readonly datacenter: string; readonly name: string }
  | { readonly kind: "instances"; readonly datacenter: string; readonly name: string; readonly filter: ServiceFilter }
  | { readonly kind: "owners"; readonly ip: string }
  | { readonly kind: "servers" }
  | { readonly kind: "query"; readonly request: DnsQueryRequest };

/** What was fetched for earlier wants of the same question. */
export class Facts {
  readonly externals = new Map<string, readonly DnsRecord[]>();
  readonly nodes = new Map<string, DnsNode | undefined>();
  readonly instances = new Map<string, readonly DnsInstance[]>();
  readonly owners = new Map<string, DnsAddressOwners>();
  readonly servers = new Map<string, readonly DnsNode[]>();
  readonly queries = new Map<string, DnsQueryResult | undefined>();
}

/** The key of a want in its map of `Facts`. */
export function wantKey(want: Want): string {
  return JSON.stringify(want);
}

/**
 * One computation's view of the registry. It notes which topics the answer rests on and what is still wanted, which is
 * what keeps the computation itself synchronous and pure.
 */
export class Lookups {
  readonly topics = new Set<string>();
  readonly wants: Want[] = [];
  /** False once the answer rests on something that no topic announces. */
  cacheable = true;
  readonly #source: DnsSource;
  readonly #memo: InstanceMemo | undefined;
  readonly #facts: Facts;
  readonly #datacenter: string;

  /** `memo` is that of the source's state, if it has one. */
  constructor(source: DnsSource, memo: InstanceMemo | undefined, facts: Facts, datacenter: string) {
    this.#source = source;
    this.#memo = memo;
    this.#facts = facts;
    this.#datacenter = datacenter.toLowerCase();
  }

  /** A datacenter as named in a question; `undefined` when it does not exist. */
  datacenter(name: string): string | undefined {
    if (name === "" || name === this.#datacenter) return this.#datacenter;
    this.cacheable = false;
    return this.#source.datacenters().find((known) => known.toLowerCase() === name);
  }

  node(datacenter: string, name: string): DnsNode | undefined {
    const { state } = this.#source;
    if (state === undefined || datacenter !== this.#datacenter)
      return this.#remembered(this.#facts.nodes, { kind: "node", datacenter, name });
    this.topics.add(nodeTopic(name));
    return state.node(name);
  }

  instances(datacenter: string, name: string, filter: ServiceFilter): readonly DnsInstance[] {
    if (this.#memo === undefined || datacenter !== this.#datacenter)
      return this.#remembered(this.#facts.instances, { kind: "instances", datacenter, name, filter }) ?? [];
    this.topics.add(instancesTopic(name, filter));
    return this.#memo.serviceInstances(name, filter);
  }

  query(request: DnsQueryRequest): DnsQueryResult | undefined {
    const { state } = this.#source;
    if (state !== undefined && request.datacenter === this.#datacenter) {
      const here = state.executeQuery(request);
      if (here !== "elsewhere") return this.#noted(here);
    }
    return this.#remembered(this.#facts.queries, { kind: "query", request });
  }

  #noted(result: DnsQueryResult | undefined): DnsQueryResult | undefined {
    if (result?.topics === undefined) this.cacheable = false;
    for (const topic of result?.topics ?? []) this.topics.add(topic);
    return result;
  }

  /** Records that the recursors have for a name outside. */
  external(name: string): readonly DnsRecord[] {
    return this.#remembered(this.#facts.externals, { kind: "external", name }) ?? [];
  }

  /** Who has this address in the own datacenter; undefined while that is still to be fetched. */
  owners(ip: string): DnsAddressOwners | undefined {
    const { state } = this.#source;
    if (state === undefined) return this.#remembered(this.#facts.owners, { kind: "owners", ip });
    this.topics.add(TOPIC_CATALOG);
    const nodes = state.nodesByAddress(ip);
    return { nodes, services: nodes.length > 0 ? [] : state.servicesByAddress(ip) };
  }

  servers(): readonly DnsNode[] {
    const { state } = this.#source;
    if (state === undefined) return this.#remembered(this.#facts.servers, { kind: "servers" }) ?? [];
    this.cacheable = false;
    return state.servers();
  }

  #remembered<T>(known: ReadonlyMap<string, T>, want: Want): T | undefined {
    this.cacheable = false;
    const key = wantKey(want);
    if (!known.has(key)) this.wants.push(want);
    return known.get(key);
  }
}
