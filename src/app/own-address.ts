import { type InterfaceAddress, isAnyAddress } from "../config/addresses.ts";
import type { Config } from "../config/config.ts";
import { splitHostPort } from "../lib/host-port.ts";

/**
 * True when `address`, an IP with or without a port, is where this node takes members of the pool: `wan` is that of all
 * datacenters' servers. Without a port it is the pool's own.
 */
export function isOwnAddress(
  address: string,
  wan: boolean,
  config: Pick<Config, "advertiseAddr" | "advertiseAddrWan" | "serfLan" | "serfWan" | "ports">,
  interfaces: readonly InterfaceAddress[],
): boolean {
  const own = wan
    ? { port: config.ports.serfWan, bound: config.serfWan, advertised: config.advertiseAddrWan }
    : { port: config.ports.serfLan, bound: config.serfLan, advertised: config.advertiseAddr };
  const { host, port } = splitHostPort(address) ?? { host: address.replace(/^\[(.*)\]$/, "$1"), port: own.port };
  if (port !== own.port) return false;
  if (host === own.advertised || host === own.bound) return true;
  return isAnyAddress(own.bound) && interfaces.some((each) => each.up && each.address === host);
}
