import ipaddr from "ipaddr.js";

const HEX4 = /^[0-9a-f]{8}$/;
const HEX6 = /^[0-9a-f]{32}$/;
const IPV4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;
const REVERSE4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.in-addr\.arpa$/;
const REVERSE6 = /^((?:[0-9a-f]\.){32})ip6\.arpa$/;

/** Network-order bytes, 4 or 16, of an IP text; `undefined` for anything else. IPv4 in IPv6 comes back as IPv4. */
export function parseIp(text: string): Uint8Array | undefined {
  const match = IPV4.exec(text);
  if (match !== null) {
    const bytes = Uint8Array.of(Number(match[1]), Number(match[2]), Number(match[3]), Number(match[4]));
    return match.slice(1).every((part, i) => Number(part) === bytes[i]) ? bytes : undefined;
  }
  if (!text.includes(":") || text.includes("%") || !ipaddr.IPv6.isValid(text)) return undefined;
  const address = ipaddr.IPv6.parse(text);
  return Uint8Array.from(address.isIPv4MappedAddress() ? address.toIPv4Address().toByteArray() : address.toByteArray());
}

/** The label that stands for an address in `<hex>.addr.<domain>`: 8 or 32 lower-case hex digits. */
export function hexOfIp(bytes: Uint8Array): string {
  return bytes.toHex();
}

/** Reads the label of an `addr` name: bytes, `"odd"` for a length that is no address, `"bad"` for no hex digits. */
export function ipOfHex(hex: string): Uint8Array | "odd" | "bad" {
  const pairs = Math.floor(hex.length / 2);
  if (pairs !== 4 && pairs !== 16) return "odd";
  return HEX4.test(hex) || HEX6.test(hex) ? Uint8Array.fromHex(hex) : "bad";
}

/** Canonical text (RFC 5952 for IPv6) of the address that a lower-case reverse name stands for. */
export function ipOfReverse(name: string): string | undefined {
  const four = REVERSE4.exec(name);
  if (four !== null) {
    const text = four.slice(1).reverse().join(".");
    return parseIp(text) === undefined ? undefined : text;
  }
  const digits = REVERSE6.exec(name)?.[1]?.replaceAll(".", "");
  if (digits === undefined) return undefined;
  return ipText(Uint8Array.fromHex([...digits].reverse().join("")));
}

/** Canonical text of 4 or 16 bytes. */
export function ipText(bytes: Uint8Array): string {
  const address = ipaddr.fromByteArray([...bytes]);
  return address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString();
}
