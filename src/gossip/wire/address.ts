import { assert } from "../../lib/assert.ts";
import { isIPv6 } from "../../lib/ip-text.ts";

const V4_BYTES = 4;
const V6_BYTES = 16;
const GROUPS = 8;
const ZERO = 0x30;
const DOT = 0x2e - ZERO;

/** An address of 4 or 16 bytes as Go's `net.IP` prints it, or undefined: no bytes, or another number of them. */
export function addressText(bytes: Uint8Array): string | undefined {
  if (bytes.length === V4_BYTES) return v4Text(bytes, 0);
  if (bytes.length !== V6_BYTES) return undefined;
  return isMapped(bytes) ? v4Text(bytes, V6_BYTES - V4_BYTES) : v6Text(bytes);
}

/** The address in network order, 4 or 16 bytes. */
export function addressBytes(text: string): Uint8Array {
  const v4 = v4Bytes(text);
  if (v4 !== undefined) return v4;
  assert(isIPv6(text), `${text} is not an IP address`);
  return v6Bytes(text);
}

/** By hand: every message has one. */
function v4Bytes(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(V4_BYTES);
  let at = 0;
  let value = -1;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - ZERO;
    if (digit >= 0 && digit <= 9 && value !== 0) value = value < 0 ? digit : 10 * value + digit;
    else if (digit === DOT && value >= 0 && at < V4_BYTES - 1) {
      bytes[at++] = value;
      value = -1;
    } else return undefined;
    if (value > 0xff) return undefined;
  }
  if (at !== V4_BYTES - 1 || value < 0) return undefined;
  bytes[at] = value;
  return bytes;
}

function v4Text(bytes: Uint8Array, at: number): string {
  return `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`;
}

/** An IPv4 address in the form of an IPv6 one: ::ffff:a.b.c.d. */
function isMapped(bytes: Uint8Array): boolean {
  for (let at = 0; at < 10; at++) if (bytes[at] !== 0) return false;
  return bytes[10] === 0xff && bytes[11] === 0xff;
}

/** RFC 5952: the first longest run of two or more zero groups is left out. */
function v6Text(bytes: Uint8Array): string {
  const groups = Array.from({ length: GROUPS }, (_, i) => ((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0));
  let [bestStart, bestLength] = [-1, 1];
  for (let start = 0; start < GROUPS; start++) {
    let end = start;
    while (groups[end] === 0) end++;
    if (end - start > bestLength) [bestStart, bestLength] = [start, end - start];
    if (end > start) start = end - 1;
  }
  const hex = (from: number, to?: number) =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(":");
  return bestStart < 0 ? hex(0) : `${hex(0, bestStart)}::${hex(bestStart + bestLength)}`;
}

function v6Bytes(text: string): Uint8Array {
  const [head = "", tail = ""] = text.split("::");
  const [first, last] = [groupBytes(head), groupBytes(tail)];
  const out = new Uint8Array(V6_BYTES);
  out.set(first);
  out.set(last, V6_BYTES - last.length);
  return out;
}

function groupBytes(text: string): number[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => {
    if (group.includes(".")) return group.split(".").map(Number);
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}
