/** What `attr` and `join` of an address template can say of an address. */
import { familyOf, type InterfaceAddress } from "../addresses.ts";
import { fromBits, hostMask, networkOf, toBits } from "./bits.ts";

type Attribute = (each: InterfaceAddress) => string;

const BYTE_BITS = 8;

const COMMON: Readonly<Record<string, Attribute>> = {
  address: (each) => each.address,
  binary: (each) => {
    const { value, width } = toBits(each.address);
    return value.toString(2).padStart(width, "0");
  },
  first_usable: (each) => usable(each, "first"),
  flags: (each) => [...(each.up ? ["up"] : []), ...(each.flags ?? [])].join("|"),
  hex: (each) => {
    const { value, width } = toBits(each.address);
    return value.toString(16).padStart(width / 4, "0");
  },
  host: (each) => each.address,
  last_usable: (each) => usable(each, "last"),
  mask_bits: (each) => String(each.prefixLength),
  name: (each) => each.interface,
  netmask: (each) => {
    const { width } = toBits(each.address);
    return fromBits({ value: ~hostMask(width, each.prefixLength), width });
  },
  network: (each) => fromBits(networkOf(each.address, each.prefixLength).first),
  octets: (each) => {
    const { value, width } = toBits(each.address);
    const bytes = Array.from({ length: width / BYTE_BITS }, (_, at) => (value >> BigInt(at * BYTE_BITS)) & 0xffn);
    return bytes.reverse().join(" ");
  },
  port: () => "0",
  size: (each) => String(hostMask(toBits(each.address).width, each.prefixLength) + 1n),
  string: (each) => addressText(each),
  type: (each) => (familyOf(each.address) === "ipv4" ? "IPv4" : "IPv6"),
};

const OF_FAMILY: Readonly<Record<"ipv4" | "ipv6", Readonly<Record<string, Attribute>>>> = {
  ipv4: {
    broadcast: (each) => fromBits(networkOf(each.address, each.prefixLength).last),
    uint32: (each) => String(toBits(each.address).value),
  },
  ipv6: { uint128: (each) => String(toBits(each.address).value) },
};

/** Undefined when an address of its family has no such attribute. */
export function attributeOf(name: string, each: InterfaceAddress): string | undefined {
  const wanted = name.toLowerCase();
  const table = Object.hasOwn(COMMON, wanted) ? COMMON : OF_FAMILY[familyOf(each.address)];
  return Object.hasOwn(table, wanted) ? table[wanted]?.(each) : undefined;
}

/** The address with its prefix length; a network of one address is written without. */
export function addressText({ address, prefixLength }: InterfaceAddress): string {
  return prefixLength === toBits(address).width ? address : `${address}/${prefixLength}`;
}

/** IPv4 keeps the first and last address of a network for itself, when it has more than two. */
function usable({ address, prefixLength }: InterfaceAddress, end: "first" | "last"): string {
  const { value, width } = networkOf(address, prefixLength)[end];
  const isReserved = familyOf(address) === "ipv4" && width - prefixLength > 1;
  const step = end === "first" ? 1n : -1n;
  return fromBits({ value: isReserved ? value + step : value, width });
}
