/** Addresses as numbers. */
import ipaddr from "ipaddr.js";

export interface Bits {
  readonly value: bigint;
  /** 32 or 128. */
  readonly width: number;
}

/** The number that an address is. Throws for a text that is no address. */
export function toBits(address: string): Bits {
  const bytes = ipaddr.parse(address).toByteArray();
  return { value: bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n), width: bytes.length * 8 };
}

/** The address of a number; one outside wraps around. */
export function fromBits({ value, width }: Bits): string {
  let rest = BigInt.asUintN(width, value);
  const bytes: number[] = [];
  for (let at = 0; at < width; at += 8) {
    bytes.unshift(Number(rest & 0xffn));
    rest >>= 8n;
  }
  return ipaddr.fromByteArray(bytes).toString();
}

/** The bits behind the network's. */
export function hostMask(width: number, prefixLength: number): bigint {
  return (1n << BigInt(width - prefixLength)) - 1n;
}

/** Lowest and highest address of the network that `address` is in. */
export function networkOf(address: string, prefixLength: number): { readonly first: Bits; readonly last: Bits } {
  const { value, width } = toBits(address);
  const mask = hostMask(width, prefixLength);
  return { first: { value: value & ~mask, width }, last: { value: value | mask, width } };
}
