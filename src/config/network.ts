/** Addresses and ports of the Config, resolved from several keys and from the machine's interfaces. */
import { expandAddresses, type InterfaceAddress, isAddress, isAnyAddress, privateAddresses } from "./addresses.ts";
import type { Config } from "./config.ts";
import { ConfigError } from "./error.ts";

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
  const bindAddr = bindAddress(keys.bindAddr, machine);
  const advertised = one("advertise_addr", keys.advertiseAddr, machine, errors);
  const advertiseAddr = advertised ?? chooseAdvertised(bindAddr, machine, warnings);
  if (isAnyAddress(advertiseAddr)) throw new ConfigError("Advertise address cannot be 0.0.0.0, :: or [::]");
  const advertiseAddrWan = one("advertise_addr_wan", keys.advertiseAddrWan, machine, errors) ?? advertiseAddr;
  if (isAnyAddress(advertiseAddrWan)) throw new ConfigError("Advertise WAN address cannot be 0.0.0.0, :: or [::]");
  const clientAddrs = several("client_addr", keys.clientAddr, machine, errors);
  if (clientAddrs.some((address) => address.startsWith("unix://"))) errors.push("client_addr cannot be a unix socket");
  const listen = (name: "dns" | "http" | "https" | "grpc") => {
    const own = several(`addresses.${name}`, keys.addresses[name], machine, errors);
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
    serfLan: one("serf_lan", keys.serfLan, machine, errors) ?? bindAddr,
    serfWan: one("serf_wan", keys.serfWan, machine, errors) ?? bindAddr,
    addresses,
    taggedAddresses: taggedAddresses(keys, machine, errors, advertiseAddr, advertiseAddrWan),
  };
}

/** The address to bind, which Consul is strict about in its own way. */
function bindAddress(text: string, machine: readonly InterfaceAddress[]): string {
  const found = expandOrNothing(text, machine);
  const isBad = (word: string) => !isAddress(word) && !word.startsWith("unix://");
  if (found.some(isBad)) throw new ConfigError("bind_addr cannot be empty");
  if (found.length > 1)
    throw new ConfigError("bind_addr cannot contain multiple addresses. Use 'addresses.{dns,http,https}' instead.");
  const [address] = found;
  if (address?.startsWith("unix://")) throw new ConfigError("bind_addr cannot be a unix socket");
  if (address === undefined) throw new ConfigError("bind_addr cannot be empty");
  return address;
}

/** One IP address, or undefined when nothing is given or, with an error, when it is not one. */
function one(name: string, text: string, machine: readonly InterfaceAddress[], errors: string[]): string | undefined {
  if (text.trim() === "") return undefined;
  const found = several(name, text, machine, errors);
  if (found.length > 1) errors.push(`${name}: multiple addresses found: ${found.join(" ")}`);
  if (found[0]?.startsWith("unix://")) errors.push(`${name} cannot be a unix socket`);
  return found[0];
}

/** A template that cannot be read yields nothing, and then what it is for complains of being empty. */
function expandOrNothing(text: string, machine: readonly InterfaceAddress[]): string[] {
  try {
    return expandAddresses(text, machine);
  } catch (error) {
    if (error instanceof ConfigError) return [];
    throw error;
  }
}

function several(name: string, text: string, machine: readonly InterfaceAddress[], errors: string[]): string[] {
  try {
    const found = expandAddresses(text, machine);
    const bad = found.filter((word) => !isAddress(word) && !word.startsWith("unix://"));
    for (const word of bad) errors.push(`${name}: invalid ip address: ${word}`);
    return found;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    errors.push(`${name}: ${error.message}`);
    return [];
  }
}

/** With no address to advertise: the bound one, or the machine's first private one, with a note when there was a choice. */
function chooseAdvertised(bindAddr: string, machine: readonly InterfaceAddress[], warnings: string[]): string {
  if (!isAnyAddress(bindAddr)) return bindAddr;
  const isV4 = bindAddr === "0.0.0.0";
  const usable = machine.filter((each) => each.up && each.address.includes(":") !== isV4 && !isLocal(each.address));
  const found = isV4 ? privateAddresses(machine) : usable.map((each) => each.address);
  const [first] = found;
  if (found.length > 1)
    warnings.push(
      `several addresses could be advertised (${found.join(", ")}): took the first, ${first}; set advertise_addr to choose`,
    );
  if (first !== undefined) return first;
  const fallback = usable[0]?.address ?? (isV4 ? "127.0.0.1" : "::1");
  warnings.push(`no private address found: ${fallback} is advertised; set advertise_addr to choose`);
  return fallback;
}

function isLocal(address: string): boolean {
  return address.startsWith("127.") || address === "::1" || /^fe[89ab]/i.test(address);
}

function taggedAddresses(
  keys: Keys,
  machine: readonly InterfaceAddress[],
  errors: string[],
  lan: string,
  wan: string,
): Record<string, string> {
  const tagged: Record<string, string> = { lan };
  const put = (tag: string, name: string, text: string, main: string, isV6: boolean) => {
    const address = one(name, text, machine, errors) ?? (main.includes(":") === isV6 ? main : undefined);
    if (address !== undefined) tagged[tag] = address;
  };
  put("lan_ipv4", "advertise_addr_ipv4", keys.advertiseAddrIpv4, lan, false);
  put("lan_ipv6", "advertise_addr_ipv6", keys.advertiseAddrIpv6, lan, true);
  tagged.wan = wan;
  put("wan_ipv4", "advertise_addr_wan_ipv4", keys.advertiseAddrWanIpv4, wan, false);
  put("wan_ipv6", "advertise_addr_wan_ipv6", keys.advertiseAddrWanIpv6, wan, true);
  return tagged;
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
