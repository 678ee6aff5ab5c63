import { Refusal } from "../lib/refusal.ts";

/** Go's `strconv.ParseUint(text, 10, 64)` with its words. Throws a Refusal (500). */
export function parseUint(text: string): bigint {
  const fail = (reason: string) => new Refusal(`strconv.ParseUint: parsing ${JSON.stringify(text)}: ${reason}`);
  if (!/^\d+$/.test(text)) throw fail("invalid syntax");
  const value = text.length > UINT64_DIGITS_MAX ? UINT64_MAX + 1n : BigInt(text);
  if (value > UINT64_MAX) throw fail("value out of range");
  return value;
}
const UINT64_DIGITS_MAX = 40;
const UINT64_MAX = 2n ** 64n - 1n;
