/** What the DNS edge is told by the configuration; times are seconds unless the name says otherwise. */
export interface DnsConfig {
  /** Lower or mixed case, with or without the final dot. */
  readonly domain: string;
  /** A second domain with the same answers; `""` for none. */
  readonly altDomain: string;
  readonly datacenter: string;
  readonly nodeTtlS: number;
  /** Service name, `prefix*` or `*` to its TTL. */
  readonly serviceTtlS: Readonly<Record<string, number>>;
  readonly onlyPassing: boolean;
  readonly enableTruncate: boolean;
  readonly udpAnswerLimit: number;
  /** Most address records in one answer; 0 for no limit. */
  readonly aRecordLimit: number;
  /** `ip`, `ip:port` or `[ip]:port`, in the order in which they are asked. */
  readonly recursors: readonly string[];
  readonly recursorTimeoutMs: number;
  readonly recursorStrategy: "sequential" | "random";
  readonly enableAdditionalNodeMetaTxt: boolean;
  readonly disableCompression: boolean;
  readonly soa: {
    readonly refreshS: number;
    readonly retryS: number;
    readonly expireS: number;
    readonly minTtlS: number;
  };
  /** Nodes and services of other datacenters are named by their `wan` addresses. */
  readonly translateWanAddrs: boolean;
}

/** Consul's defaults. */
export const DNS_CONFIG_DEFAULTS: DnsConfig = {
  domain: "consul.",
  altDomain: "",
  datacenter: "dc1",
  nodeTtlS: 0,
  serviceTtlS: {},
  onlyPassing: false,
  enableTruncate: false,
  udpAnswerLimit: 3,
  aRecordLimit: 0,
  recursors: [],
  recursorTimeoutMs: 2000,
  recursorStrategy: "sequential",
  enableAdditionalNodeMetaTxt: true,
  disableCompression: false,
  soa: { refreshS: 3600, retryS: 600, expireS: 86_400, minTtlS: 0 },
  translateWanAddrs: false,
};

/** TTL in seconds of a service's records: its own entry, else the longest `prefix*` that fits, else `*`, else 0. */
export function serviceTtlS(config: DnsConfig, service: string): number {
  const name = service.toLowerCase();
  let longest = -1;
  let ttlS = 0;
  for (const [pattern, seconds] of Object.entries(config.serviceTtlS)) {
    const key = pattern.toLowerCase();
    if (key === name) return seconds;
    if (!key.endsWith("*")) continue;
    const prefix = key.slice(0, -1);
    if (prefix.length > longest && name.startsWith(prefix)) {
      longest = prefix.length;
      ttlS = seconds;
    }
  }
  return ttlS;
}
