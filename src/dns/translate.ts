import { TYPE } from "../codec/dns/types.ts";
import type { DnsConfig } from "./config.ts";

/** The addresses of a node or service by which it may be reached. */
type Tagged = Readonly<Record<string, string | undefined>>;

/**
 * The address to answer with. A node or service may carry one address for each family (`lan_ipv4`, `lan_ipv6`) and, for
 * other datacenters, wide-area ones. A asks for IPv4, AAAA for IPv6; every other type takes IPv6 first (observed).
 */
export function chooseAddress(
  config: DnsConfig,
  datacenter: string,
  address: string,
  tagged: Tagged,
  type: number,
): string {
  let plain = address;
  let v4 = tagged.lan_ipv4 ?? "";
  let v6 = tagged.lan_ipv6 ?? "";
  if (isWide(config, datacenter)) {
    plain = tagged.wan ?? plain;
    v4 = tagged.wan_ipv4 ?? v4;
    v6 = tagged.wan_ipv6 ?? v6;
  }
  if (type !== TYPE.A && v6 !== "") return v6;
  if (type !== TYPE.AAAA && v4 !== "") return v4;
  return plain;
}

/** True when the datacenter's wide-area addresses are to be used. */
export function isWide(config: DnsConfig, datacenter: string): boolean {
  return config.translateWanAddrs && datacenter.toLowerCase() !== config.datacenter.toLowerCase();
}
