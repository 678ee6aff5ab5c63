import { goQuote } from "../../lang/filter/go-string.ts";

/** Numbers as Go reads, converts and prints them. */

export type GoIntType = "int" | "int64" | "uint32" | "uint64";

export class GoNumberError extends Error {}

const RANGES: Record<GoIntType, readonly [bigint, bigint]> = {
  int: [-(2n ** 63n), 2n ** 63n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
};

/** Go's literals of base 0: `10`, `0x1f`, `0b11`, `0o17`, `017`, with single underlines between digits. */
const INTEGER = /^(?:0x(?:_?[0-9a-f])+|0b(?:_?[01])+|0o?(?:_?[0-7])+|0|[1-9](?:_?[0-9])*)$/i;
/** All integers of 64 bits are shorter, in any base and with underlines; reading a much longer one takes long. */
const INTEGER_CHARS_MAX = 200;
const FLOAT = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?$/i;

/** Go's `ParseInt` or `ParseUint` with base 0. Throws a GoNumberError with their text. */
export function parseGoInt(text: string, type: GoIntType): number {
  const isSigned = type === "int" || type === "int64";
  const bad = (why: string) =>
    new GoNumberError(`strconv.${isSigned ? "ParseInt" : "ParseUint"}: parsing ${goQuote(text)}: ${why}`);
  const sign = isSigned ? (/^[+-]/.exec(text)?.[0] ?? "") : "";
  const digits = text.slice(sign.length);
  if (digits.length > INTEGER_CHARS_MAX) throw bad("value out of range");
  if (!INTEGER.test(digits)) throw bad("invalid syntax");
  const plain = digits.replaceAll("_", "").replace(/^0(?=[0-7])/, "0o");
  const value = sign === "-" ? -BigInt(plain) : BigInt(plain);
  const [least, most] = RANGES[type];
  if (value < least || value > most) throw bad("value out of range");
  return nearest(value);
}

/** Go's `ParseFloat` for 32 bits, but for hexadecimal texts, infinities and NaN. */
export function parseGoFloat32(text: string): number {
  const bad = (why: string) => new GoNumberError(`strconv.ParseFloat: parsing ${goQuote(text)}: ${why}`);
  if (!FLOAT.test(text)) throw bad("invalid syntax");
  if (!Number.isFinite(Math.fround(Number(text)))) throw bad("value out of range");
  return shortestFloat32(Number(text));
}

/** A float64 as an integer of the type, which drops its fraction and wraps around. */
export function wrapped(value: number, type: GoIntType): number {
  const whole = Math.trunc(value);
  // What no int64 holds is the least one on the machines that Consul mostly runs on.
  const inRange = Math.abs(whole) < 2 ** 63 || (type.startsWith("uint") && whole > 0 && whole < 2 ** 64);
  const bits = BigInt.asUintN(64, inRange ? BigInt(whole) : -(2n ** 63n));
  if (type === "uint32") return Number(BigInt.asUintN(32, bits));
  if (type === "int64") return Number(BigInt.asIntN(64, bits));
  return nearest(type === "uint64" ? bits : BigInt.asIntN(64, bits));
}

/** Integers of more than 53 bits become the nearest one that has as many: nobody has ports or sizes of that kind. */
function nearest(value: bigint): number {
  const most = BigInt(Number.MAX_SAFE_INTEGER);
  return Number(value > most ? most : value < -most ? -most : value);
}

const FLOAT32_DIGITS_MAX = 9;

/** The number with the fewest digits that is the same float32: what Go prints of one. */
export function shortestFloat32(value: number): number {
  const single = Math.fround(value);
  for (let digits = 1; digits < FLOAT32_DIGITS_MAX; digits++) {
    const short = Number(single.toPrecision(digits));
    if (Math.fround(short) === single) return short;
  }
  return single;
}

/** Go's `FormatFloat(value, 'f', -1, 64)`: the shortest digits, without an exponent. */
export function decimalOf(value: number): string {
  const [, sign = "", whole = "", fraction = "", exponent = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value)) ?? [];
  const power = Number(exponent);
  if (power === 0) return String(value);
  if (power > 0) return `${sign}${whole}${fraction.padEnd(power, "0")}`;
  return `${sign}0.${"0".repeat(-power - 1)}${whole}${fraction}`;
}
