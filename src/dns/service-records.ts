import { type DnsRecord, TYPE } from "../codec/dns/types.ts";
import type { DnsConfig } from "./config.ts";
import { hexOfIp, parseIp } from "./ip.ts";
import { addressRecord, type Chase, chasedRecords, metaRecords, nodeName, under, withoutDot } from "./records.ts";
import type { DnsInstance } from "./source.ts";
import { chooseAddress, isWide } from "./translate.ts";

/** What the records of one service answer have in common. */
export interface ServiceAnswer {
  readonly config: DnsConfig;
  /** The primary domain: Consul names targets in it even when the alternative domain was asked. */
  readonly domain: string;
  readonly datacenter: string;
  /** The question's name as it came. */
  readonly name: string;
  readonly type: number;
  readonly ttlS: number;
  readonly chase: Chase;
}

/** Where one instance is reached: an IP and the name that stands for it, or only a host name. */
type Endpoint =
  | { readonly ip: Uint8Array; readonly host: () => string }
  | { readonly ip: undefined; readonly host: () => string };

/**
 * Address records, each once. A host name gives a CNAME, but a name has either one CNAME or other records: the first
 * CNAME is used only when no instance has an address.
 */
export function addressAnswers(answer: ServiceAnswer, instances: readonly DnsInstance[]): readonly DnsRecord[] {
  const records: DnsRecord[] = [];
  const seen = new Set<string>();
  let alias: string | undefined;
  for (const instance of instances) {
    const endpoint = endpointOf(answer, instance);
    if (endpoint === undefined) continue;
    if (endpoint.ip === undefined) {
      alias ??= endpoint.host();
      continue;
    }
    const record = addressRecord(answer.name, endpoint.ip, answer.type, answer.ttlS);
    if (record === undefined || !carriesAddresses(answer.type)) continue;
    const key = hexOfIp(endpoint.ip);
    if (seen.has(key)) continue;
    seen.add(key);
    records.push(record);
    if (records.length === answer.config.aRecordLimit) break;
  }
  if (records.length > 0 || alias === undefined) return records;
  return [{ name: answer.name, ttlS: answer.ttlS, type: TYPE.CNAME, target: alias }, ...chased(answer, alias)];
}

/** SRV records, one for each node, address and port, and what goes with their targets. */
export function srvAnswers(
  answer: ServiceAnswer,
  instances: readonly DnsInstance[],
): { answers: DnsRecord[]; additionals: DnsRecord[] } {
  const answers: DnsRecord[] = [];
  const additionals: DnsRecord[] = [];
  const seen = new Set<string>();
  for (const instance of instances) {
    const { Node } = instance;
    const port = portOf(answer, instance);
    const key = `${Node.Node}:${serviceAddress(answer, instance)}:${port}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const endpoint = endpointOf(answer, instance);
    if (endpoint === undefined) continue;
    const target = endpoint.host();
    const { name, ttlS } = answer;
    answers.push({ name, ttlS, type: TYPE.SRV, priority: 1, weight: weightOf(instance), port, target });
    if (endpoint.ip === undefined) additionals.push(...chased(answer, target));
    else additionals.push(addressRecord(target, endpoint.ip, TYPE.ANY, ttlS) as DnsRecord);
    if (answer.config.enableAdditionalNodeMetaTxt)
      additionals.push(...metaRecords(Node, nodeName(Node.Node, answer.datacenter, answer.domain), ttlS));
  }
  return { answers, additionals };
}

function endpointOf(answer: ServiceAnswer, instance: DnsInstance): Endpoint | undefined {
  const { config, datacenter, domain } = answer;
  const { Node } = instance;
  const own = serviceAddress(answer, instance);
  const nodeAddress = chooseAddress(config, Node.Datacenter, Node.Address, Node.TaggedAddresses ?? {}, answer.type);
  const ownIp = own === "" ? undefined : parseIp(own);
  const addr = (ip: Uint8Array) => () => under(`${hexOfIp(ip)}.addr.${datacenter}`, domain);
  if (ownIp !== undefined) return { ip: ownIp, host: addr(ownIp) };
  const nodeIp = parseIp(nodeAddress);
  const byNode = () => nodeName(Node.Node, datacenter, domain);
  // A service whose address is the very name that was asked would be a CNAME to itself. The case must be the same too.
  if (own !== "" && !(withoutDot(own) === answer.name && nodeIp !== undefined)) return named(own);
  if (nodeIp !== undefined)
    return { ip: nodeIp, host: own === "" && nodeAddress !== Node.Address ? addr(nodeIp) : byNode };
  return nodeAddress === "" ? undefined : named(nodeAddress);
}

function named(host: string): Endpoint {
  return { ip: undefined, host: () => withoutDot(host) };
}

function serviceAddress(answer: ServiceAnswer, { Service }: DnsInstance): string {
  const tagged: Record<string, string> = {};
  for (const [tag, entry] of Object.entries(Service.TaggedAddresses ?? {})) tagged[tag] = entry.Address;
  return chooseAddress(answer.config, answer.datacenter, Service.Address, tagged, answer.type);
}

function portOf(answer: ServiceAnswer, { Service }: DnsInstance): number {
  const wide = isWide(answer.config, answer.datacenter) ? Service.TaggedAddresses?.wan?.Port : undefined;
  return wide === undefined || wide === 0 ? Service.Port : wide;
}

function weightOf({ Service, Checks }: DnsInstance): number {
  const warning = Checks.some((check) => check.Status === "warning");
  return (warning ? Service.Weights?.Warning : Service.Weights?.Passing) ?? 1;
}

/** Chased records get the service's TTL: the caller must not keep the parts longer than the whole. */
function chased(answer: ServiceAnswer, name: string): DnsRecord[] {
  return chasedRecords(answer.chase, name).map((record) => ({ ...record, ttlS: answer.ttlS }));
}

/** Consul answers TXT for a service with its addresses; MX, CNAME and the like get none. */
function carriesAddresses(type: number): boolean {
  return type === TYPE.A || type === TYPE.AAAA || type === TYPE.ANY || type === TYPE.TXT;
}
