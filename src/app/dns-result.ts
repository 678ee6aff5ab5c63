import type { DnsQueryResult } from "../dns/source.ts";
import { parseDurationNs } from "../lib/duration.ts";
import type { QueryAnswer } from "../server/query-executor.ts";

const NS_PER_S = 1e9;

/** What DNS takes of an answer. */
export function dnsResult({
  Service,
  Datacenter,
  DNS,
  Nodes,
}: Pick<QueryAnswer, "Service" | "Datacenter" | "DNS"> & { Nodes: DnsQueryResult["instances"] }): DnsQueryResult {
  const ttlS = DNS.TTL === "" ? undefined : Math.floor(parseDurationNs(DNS.TTL) / NS_PER_S);
  return { service: Service, datacenter: Datacenter, instances: Nodes, ...(ttlS === undefined ? {} : { ttlS }) };
}
