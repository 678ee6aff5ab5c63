/** Addresses and ports of the Config, resolved from several keys and from the machine's interfaces. */
import { type Family, familyOf, type InterfaceAddress, isAddress, isAnyAddress, isLinkLocal } from "./addresses.ts";
import { chooseAdvertised, HOW_TO_CHOOSE } from "./choose-address.ts";
import type { Config } from "./config.ts";
import { ConfigError } from "./error.ts";
import { expandAddresses, notAnAddress } from "./expand-addresses.ts";

type Keys = Record<
  | "bindAddr"
  | "clientAddr"
  | "advertiseAddr"
  | "advertiseAddrIpv4"
  | "advertiseAddrIpv6"
  | "advertiseAddrWan"
  | "advertiseAddrWanIpv4"
  | "advertiseAddrWanIpv6"
  | "serfLan"
  | "serfWan",
  string
> & { readonly addresses: Record<"dns" | "http" | "https" | "grpc", string> };

export type Network = Pick<
  Config,
  | "bindAddr"
  | "clientAddrs"
  | "advertiseAddr"
  | "advertiseAddrWan"
  | "serfLan"
  | "serfWan"
  | "addresses"
  | "taggedAddresses"
>;

/**
 * Resolves all addresses. `errors` collects what Consul lists, `warnings` says which address was chosen among several;
 * throws ConfigError for what Consul refuses at once.
 */
export function resolveNetwork(
  keys: Keys,
  machine: readonly InterfaceAddress[],
  errors: string[],
  warnings: string[],
): Network {
  const read: Reading = { machine, errors, warnings };
  const bound = bindAddress(keys.bindAddr, machine);
  const advertised = one(read, "advertise_addr", keys.advertiseAddr);
  const { bindAddr, advertiseAddr } =
    advertised === undefined ? withAdvertised(read, bound) : { bindAddr: bound, advertiseAddr: advertised };
  if (isAnyAddress(advertiseAddr)) throw new ConfigError("Advertise address cannot be 0.0.0.0, :: or [::]");
  const advertiseAddrWan = one(read, "advertise_addr_wan", keys.advertiseAddrWan) ?? advertiseAddr;
  if (isAnyAddress(advertiseAddrWan)) throw new ConfigError("Advertise WAN address cannot be 0.0.0.0, :: or [::]");
  const clientAddrs = several(read, "client_addr", keys.clientAddr);
  if (clientAddrs.some((address) => address.startsWith("unix://"))) errors.push("client_addr cannot be a unix socket");
  const listen = (name: "dns" | "http" | "https" | "grpc") => {
    const own = several(read, `addresses.${name}`, keys.addresses[name]);
    return own.length > 0 ? own : clientAddrs;
  };
  const addresses = { dns: listen("dns"), http: listen("http"), https: listen("https"), grpc: listen("grpc") };
  if (addresses.dns.some((address) => address.startsWith("unix://")) && errors.length === 0)
    throw new ConfigError("DNS address cannot be a unix socket");
  return {
    bindAddr,
    clientAddrs,
    advertiseAddr,
    advertiseAddrWan,
    serfLan: one(read, "serf_lan", keys.serfLan) ?? bindAddr,
    serfWan: one(read, "serf_wan", keys.serfWan) ?? bindAddr,
    addresses,
    taggedAddresses: taggedAddresses(read, keys, bindAddr, advertiseAddr, advertiseAddrWan),
  };
}

/** What resolving goes by and what it tells. */
interface Reading {
  readonly machine: readonly InterfaceAddress[];
  readonly errors: string[];
  readonly warnings: string[];
}

/** The address to bind, which Consul is strict about in its own way. */
function bindAddress(text: string, machine: readonly InterfaceAddress[]): string {
  const found = expandBind(text, machine);
  const bad = found.find((word) => !isAddress(word) && !word.startsWith("unix://"));
  if (bad !== undefined) throw new ConfigError(`bind_addr cannot be empty: ${notAnAddress(bad, machine)}`);
  if (found.length > 1)
    throw new ConfigError("bind_addr cannot contain multiple addresses. Use 'addresses.{dns,http,https}' instead.");
  const [address] = found;
  if (address?.startsWith("unix://")) throw new ConfigError("bind_addr cannot be a unix socket");
  if (address === undefined) throw new ConfigError("bind_addr cannot be empty");
  return bare(address);
}

/** A template that can't be read yields nothing in Consul, and then the address is said to be empty. */
function expandBind(text: string, machine: readonly InterfaceAddress[]): string[] {
  try {
    return expandAddresses(text, machine);
  } catch (error) {
    if (error instanceof ConfigError) throw new ConfigError(`bind_addr cannot be empty: ${error.message}`);
    throw error;
  }
}

const bare = (address: string) => address.replace(/^\[(.*)\]$/, "$1");

/**
 * With no address to advertise: the bound one, or a chosen one of the machine. A machine without IPv4 that is told nothing
 * is reached by IPv6.
 */
function withAdvertised({ machine, warnings }: Reading, bindAddr: string): { bindAddr: string; advertiseAddr: string } {
  if (!isAnyAddress(bindAddr)) {
    if (!isLinkLocal(bindAddr)) return { bindAddr, advertiseAddr: bindAddr };
    warnings.push(`${bindAddr} means something only on one link: others may not reach it; ${HOW_TO_CHOOSE}`);
    return { bindAddr, advertiseAddr: bindAddr.replace(/%.*$/, "") };
  }
  const note = (line: string) => void warnings.push(line);
  const chosen = chooseAdvertised(familyOf(bindAddr), machine, note);
  if (chosen !== undefined) return { bindAddr, advertiseAddr: chosen.address };
  const other = familyOf(bindAddr) === "ipv4" ? chooseAdvertised("ipv6", machine, () => undefined) : undefined;
  if (other !== undefined) {
    note(`this machine has no IPv4 address: listens on [::] and advertises ${other.address}; set bind_addr to choose`);
    return { bindAddr: "::", advertiseAddr: other.address };
  }
  const loopback = familyOf(bindAddr) === "ipv4" ? "127.0.0.1" : "::1";
  note(`no address found that others could reach: ${loopback} is advertised; ${HOW_TO_CHOOSE}`);
  return { bindAddr, advertiseAddr: loopback };
}

/** One IP address, or undefined when nothing is given or, with an error, when it is not one. */
function one(read: Reading, name: string, text: string, family?: Family): string | undefined {
  if (text.trim() === "") return undefined;
  const found = several(read, name, text, family);
  if (found.length > 1) read.errors.push(`${name}: multiple addresses found: ${found.join(" ")}`);
  if (found[0]?.startsWith("unix://")) read.errors.push(`${name} cannot be a unix socket`);
  return found[0];
}

function several({ machine, errors }: Reading, name: string, text: string, family?: Family): string[] {
  try {
    const found = expandAddresses(text, machine, family);
    const bad = found.filter((word) => !isAddress(word) && !word.startsWith("unix://"));
    for (const word of bad) errors.push(`${name}: invalid ip address: ${word}`);
    return found;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    errors.push(`${name}: ${error.message}`);
    return [];
  }
}

function taggedAddresses(
  read: Reading,
  keys: Keys,
  bindAddr: string,
  lan: string,
  wan: string,
): Record<string, string> {
  const tagged: Record<string, string> = { lan };
  const put = (tag: string, name: string, text: string, main: string, family: Family) => {
    const address =
      one(read, name, text, family) ?? (familyOf(main) === family ? main : otherFamily(read, bindAddr, family));
    if (address !== undefined) tagged[tag] = address;
  };
  put("lan_ipv4", "advertise_addr_ipv4", keys.advertiseAddrIpv4, lan, "ipv4");
  put("lan_ipv6", "advertise_addr_ipv6", keys.advertiseAddrIpv6, lan, "ipv6");
  tagged.wan = wan;
  put("wan_ipv4", "advertise_addr_wan_ipv4", keys.advertiseAddrWanIpv4, wan, "ipv4");
  put("wan_ipv6", "advertise_addr_wan_ipv6", keys.advertiseAddrWanIpv6, wan, "ipv6");
  return tagged;
}

/** Who listens on `::` is there for both families, and says so. */
function otherFamily({ machine }: Reading, bindAddr: string, family: Family): string | undefined {
  if (familyOf(bindAddr) !== "ipv6" || !isAnyAddress(bindAddr)) return undefined;
  return chooseAdvertised(family, machine, () => undefined)?.address;
}

const PORT_MAX = 65535;

type BuiltPorts = Readonly<{ [N in keyof Config["ports"]]: number }>;

/** Turns off listeners without a port; ports that cannot be are added to `errors`. */
export function resolvePorts(ports: BuiltPorts, errors: string[]): Config["ports"] {
  for (const [name, port] of Object.entries(ports))
    if (port > PORT_MAX) errors.push(`ports.${snake(name)}: invalid port: ${port}`);
  const orOff = (port: number): number | null => (port > 0 ? port : null);
  return {
    ...ports,
    dns: orOff(ports.dns),
    http: orOff(ports.http),
    https: orOff(ports.https),
    grpc: orOff(ports.grpc),
    grpcTls: orOff(ports.grpcTls),
    serfWan: orOff(ports.serfWan),
  };
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Refuses two uses of one address and port, in Consul's words. */
export function checkPortClashes(network: Network, ports: Config["ports"]): void {
  const taken = new Map<string, string>();
  const claim = (use: string, address: string, port: number | null) => {
    if (port === null) return;
    const key = address.startsWith("unix://")
      ? address
      : address.includes(":")
        ? `[${address}]:${port}`
        : `${address}:${port}`;
    const other = taken.get(key);
    if (other !== undefined) throw new ConfigError(`${use} address ${key} already configured for ${other}`);
    taken.set(key, use);
  };
  for (const address of new Set(network.addresses.dns)) claim("DNS", address, ports.dns);
  for (const address of new Set(network.addresses.http)) claim("HTTP", address, ports.http);
  for (const address of new Set(network.addresses.https)) claim("HTTPS", address, ports.https);
  claim("RPC Advertise", network.advertiseAddr, ports.server);
  claim("Serf Advertise LAN", network.advertiseAddr, ports.serfLan);
  claim("Serf Advertise WAN", network.advertiseAddrWan, ports.serfWan);
}
