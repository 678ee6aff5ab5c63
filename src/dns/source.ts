/** What the DNS edge needs to know of the registry. */
export interface DnsSource {
  /** Names of all known datacenters, the own one too. */
  datacenters(): readonly string[];
  /** The state of the own datacenter; undefined on an agent that holds none: it asks the servers for all. */
  readonly state: DnsState | undefined;
  readonly remote: DnsRemote;
}

/** Lookups of the state that is here: synchronous. */
export interface DnsState {
  /** Case-insensitive. */
  node(name: string): DnsNode | undefined;
  /** Instances of a service, the unhealthy ones too; name and tag are case-insensitive. */
  serviceInstances(name: string, filter: ServiceFilter): readonly DnsInstance[];
  /** Nodes with exactly this address, in the registry's order. */
  nodesByAddress(ip: string): readonly DnsNode[];
  /** Services with exactly this address of their own. */
  servicesByAddress(ip: string): readonly DnsService[];
  /** The servers of the own datacenter, for SOA and NS; empty when none is known, because SOA is answered even then. */
  servers(): readonly DnsNode[];
  /**
   * Runs a prepared query as far as this datacenter goes: `undefined` when there is none of that name, `"elsewhere"` when
   * nobody here is healthy and other datacenters are to be asked.
   */
  executeQuery(request: DnsQueryRequest): DnsQueryResult | "elsewhere" | undefined;
  /** Calls `onChange` after any of the topics changed, until the returned function is called. */
  subscribe(topics: readonly string[], onChange: () => void): () => void;
}

/** Lookups elsewhere, in another datacenter or at the own one's servers. They reject when nobody can be reached. */
export interface DnsRemote {
  node(datacenter: string, name: string): Promise<DnsNode | undefined>;
  serviceInstances(datacenter: string, name: string, filter: ServiceFilter): Promise<readonly DnsInstance[]>;
  /** Who has this address in the own datacenter. */
  byAddress(ip: string): Promise<DnsAddressOwners>;
  /** As of the state; never rejects. */
  servers(): Promise<readonly DnsNode[]>;
  /** Runs a prepared query; `undefined` when there is none of that name. */
  executeQuery(request: DnsQueryRequest): Promise<DnsQueryResult | undefined>;
}

export interface DnsAddressOwners {
  readonly nodes: readonly DnsNode[];
  readonly services: readonly Pick<DnsService, "Service">[];
}

/** Topics of `subscribe`. Names are lower case. */
export const TOPIC_CATALOG = "catalog";
/** The instances of a service, their checks, or their nodes changed. */
export const serviceTopic = (name: string): string => `service/${name.toLowerCase()}`;
/** What the mesh reaches a service through, and the health of that. */
export const connectTopic = (name: string): string => `connect/${name.toLowerCase()}`;
/** The ingress gateways of a service, and their health. */
export const ingressTopic = (name: string): string => `ingress/${name.toLowerCase()}`;
export const nodeTopic = (name: string): string => `node/${name.toLowerCase()}`;

/** At most one of `connect` and `ingress`. */
export interface ServiceFilter {
  readonly tag?: string;
  /** Mesh endpoints of the service: its proxies and native instances. */
  readonly connect?: boolean;
  /** Ingress gateways that expose the service. */
  readonly ingress?: boolean;
}

export interface DnsNode {
  readonly Node: string;
  /** An IP or a host name. */
  readonly Address: string;
  readonly Datacenter: string;
  readonly TaggedAddresses?: Readonly<Record<string, string>> | null | undefined;
  readonly Meta?: Readonly<Record<string, string>> | null | undefined;
}

export interface DnsService {
  readonly ID: string;
  readonly Service: string;
  /** An IP, a host name, or `""` for the node's address. */
  readonly Address: string;
  readonly Port: number;
  readonly Weights?: { readonly Passing: number; readonly Warning: number } | null | undefined;
  readonly TaggedAddresses?:
    | Readonly<Record<string, { readonly Address: string; readonly Port: number }>>
    | null
    | undefined;
}

export interface DnsInstance {
  readonly Node: DnsNode;
  readonly Service: DnsService;
  /** The checks of this service and those of the node as a whole. */
  readonly Checks: readonly { readonly Status: string }[];
}

export interface DnsQueryRequest {
  /** Lower case. */
  readonly name: string;
  readonly datacenter: string;
  /** The client subnet when the query had one, else who asked: what a query with `Near = _ip` sorts by. */
  readonly sourceAddress: string;
}

export interface DnsQueryResult {
  readonly service: string;
  readonly datacenter: string;
  /** Only when the query sets it. */
  readonly ttlS?: number;
  /** What all of the answer rests on; left out where it hangs on more. */
  readonly topics?: readonly string[];
  /** Filtered and in the order in which they are to be answered. */
  readonly instances: readonly DnsInstance[];
}

/** The topic that tells of changes of what this asks for. */
export function instancesTopic(name: string, { connect, ingress }: ServiceFilter): string {
  if (ingress === true) return ingressTopic(name);
  return connect === true ? connectTopic(name) : serviceTopic(name);
}
