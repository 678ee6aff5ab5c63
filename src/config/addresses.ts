/** The machine's addresses as data, and words about single addresses. */
import ipaddr from "ipaddr.js";

/** One address of one interface. */
export interface InterfaceAddress {
  readonly interface: string;
  /** Without a zone. */
  readonly address: string;
  /** Of its network. */
  readonly prefixLength: number;
  readonly up: boolean;
  /**
   * Gateway of the default route of this address's family, when that leaves by this interface; "" for a route without a
   * gateway, such as a tunnel's.
   */
  readonly defaultGateway?: string;
  /** An IPv6 address that is replaced now and then so that its host isn't recognized. */
  readonly isTemporary?: boolean;
  /** What the interface can: `broadcast`, `multicast`, `point-to-point`, `loopback`. */
  readonly flags?: readonly string[];
}

export type Family = "ipv4" | "ipv6";

/** True for an IPv4 address in four parts or an IPv6 address, with or without brackets and zone. */
export function isAddress(text: string): boolean {
  const bare = text.replace(/^\[(.*)\]$/, "$1");
  return bare.includes(":") ? ipaddr.IPv6.isValid(bare) : ipaddr.IPv4.isValidFourPartDecimal(bare);
}

/** True for the addresses that stand for "any". */
export function isAnyAddress(text: string): boolean {
  return ["0.0.0.0", "::", "[::]"].includes(text);
}

export function familyOf(address: string): Family {
  return address.includes(":") ? "ipv6" : "ipv4";
}

/** True when nobody but this machine, or nobody but its link, can use `address`. */
export function isLocal(address: string): boolean {
  return ["loopback", "linkLocal"].includes(ipaddr.parse(address).range());
}

/** True for an IPv6 address that means something only on one link of this machine. */
export function isLinkLocal(address: string): boolean {
  return ipaddr.parse(address.replace(/^\[(.*)\]$/, "$1")).range() === "linkLocal";
}

/** True when `address` lies in the network `cidr`. */
export function isInside(address: string, cidr: string): boolean {
  const [network, bits] = ipaddr.parseCIDR(cidr);
  const parsed = ipaddr.parse(address);
  return parsed.kind() === network.kind() && parsed.match([network, bits]);
}
