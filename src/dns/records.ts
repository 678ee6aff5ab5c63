import { type DnsRecord, TYPE } from "../codec/dns/types.ts";
import type { DnsConfig } from "./config.ts";
import { parseIp } from "./ip.ts";
import type { DnsNode } from "./source.ts";
import { chooseAddress } from "./translate.ts";

/** Records taken over from what a CNAME leads to (Consul's limit). */
export const CHASED_RECORDS_MAX = 5;
/** Consul hands out at most three name servers. */
const NAME_SERVERS_MAX = 3;
const NODE_NAME_WITHOUT_NS = /[^A-Za-z0-9-]/;
const VERBATIM_META_PREFIX = "rfc1035-";
const utf8 = new TextEncoder();

/** Follows a name to its CNAME, A and AAAA records, inside the own domains or through the recursors. */
export type Chase = (name: string) => readonly DnsRecord[];

/** A or AAAA when the family fits the asked type; other types than A and AAAA take both. */
export function addressRecord(name: string, ip: Uint8Array, type: number, ttlS: number): DnsRecord | undefined {
  const own = ip.length === 4 ? TYPE.A : TYPE.AAAA;
  const asked = type === TYPE.A || type === TYPE.AAAA;
  return asked && type !== own ? undefined : { name, ttlS, type: own, address: ip };
}

/** Address records of a node, for A, AAAA and ANY only; a CNAME and what it leads to when its address is a name. */
export function nodeRecords(
  config: DnsConfig,
  node: DnsNode,
  name: string,
  type: number,
  chase: Chase,
): readonly DnsRecord[] {
  const text = chooseAddress(config, node.Datacenter, node.Address, node.TaggedAddresses ?? {}, type);
  const ip = parseIp(text);
  if (ip === undefined) {
    const target = withoutDot(text);
    return [{ name, ttlS: config.nodeTtlS, type: TYPE.CNAME, target }, ...chasedRecords(chase, target)];
  }
  const record = type === TYPE.TXT ? undefined : addressRecord(name, ip, type, config.nodeTtlS);
  return record === undefined ? [] : [record];
}

/** The records behind a name that are worth handing on. */
export function chasedRecords(chase: Chase, name: string): readonly DnsRecord[] {
  return chase(name)
    .filter((record) => record.type === TYPE.CNAME || record.type === TYPE.A || record.type === TYPE.AAAA)
    .slice(0, CHASED_RECORDS_MAX);
}

/** One TXT for each entry of the node's metadata: `key=value` (RFC 1464), or the value alone for `rfc1035-` keys. */
export function metaRecords(node: DnsNode, name: string, ttlS: number): DnsRecord[] {
  return Object.entries(node.Meta ?? {}).map(([key, value]) => ({
    name,
    ttlS,
    type: TYPE.TXT,
    text: utf8.encode(key.toLowerCase().startsWith(VERBATIM_META_PREFIX) ? value : quoteAttribute(key, value)),
  }));
}

/** SOA of the primary domain; the serial is the time, in seconds. */
export function soaRecord(config: DnsConfig, domain: string, nowMs: number): DnsRecord {
  return {
    name: domain,
    ttlS: config.soa.minTtlS,
    type: TYPE.SOA,
    mname: under("ns", domain),
    rname: under("hostmaster", domain),
    serial: Math.floor(nowMs / 1000) >>> 0,
    ...config.soa,
  };
}

/** NS records for up to three servers and the addresses that go with them. */
export function nameServers(
  config: DnsConfig,
  domain: string,
  servers: readonly DnsNode[],
  chase: Chase,
): { records: DnsRecord[]; glue: DnsRecord[] } {
  const records: DnsRecord[] = [];
  const glue: DnsRecord[] = [];
  for (const server of servers) {
    if (NODE_NAME_WITHOUT_NS.test(server.Node)) continue;
    const target = nodeName(server.Node, server.Datacenter, domain).toLowerCase();
    records.push({ name: domain, ttlS: config.nodeTtlS, type: TYPE.NS, target });
    glue.push(...nodeRecords(config, server, target, TYPE.ANY, chase));
    if (records.length === NAME_SERVERS_MAX) break;
  }
  return { records, glue };
}

export function nodeName(node: string, datacenter: string, domain: string): string {
  return under(`${node}.node.${datacenter}`, domain);
}

export function under(label: string, domain: string): string {
  return domain === "" ? label : `${label}.${domain}`;
}

export function withoutDot(name: string): string {
  return name.endsWith(".") ? name.slice(0, -1) : name;
}

/** RFC 1464 2: `=` and backquotes of the key are quoted with a backquote, and so are spaces at its ends. */
function quoteAttribute(key: string, value: string): string {
  const quoted = key
    .replaceAll("`", "``")
    .replaceAll("=", "`=")
    .replace(/^ +| +$/g, (spaces) => "` ".repeat(spaces.length));
  return `${quoted}=${value.replaceAll("`", "``")}`;
}
