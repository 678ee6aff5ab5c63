/** Maps are written in the order that they have; an object can't keep names that look like numbers in order. */
export type Plain =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly Plain[]
  | ReadonlyMap<string, Plain>
  | PlainMap;
export interface PlainMap {
  readonly [key: string]: Plain;
}

/** Which of the allowed forms is taken: called with how many there are. */
export type Choice = (forms: number) => number;

/** The shortest form of the old dialect, and numbers without a sign. */
export const SHORTEST: Choice = () => 0;

/** Any value as msgpack in the most obvious way; with a choice, in forms that peers of other makes write. */
export function plainMsgpack(value: Plain, choose: Choice = SHORTEST): Buffer {
  if (value === null) return Buffer.of(0xc0);
  if (typeof value === "boolean") return Buffer.of(value ? 0xc3 : 0xc2);
  if (typeof value === "number" && !Number.isInteger(value)) return float(value);
  if (typeof value === "number" || typeof value === "bigint") return whole(BigInt(value), choose);
  if (typeof value === "string") return raw(Buffer.from(value), choose, 0xd9);
  if (value instanceof Uint8Array) return raw(Buffer.from(value), choose, 0xc4);
  const items = Array.isArray(value) ? value : [...(value instanceof Map ? value : Object.entries(value))].flat();
  const count = Array.isArray(value) ? items.length : items.length / 2;
  const head = Array.isArray(value) ? counted(count, 0x90, 0xdc, choose) : counted(count, 0x80, 0xde, choose);
  return Buffer.concat([head, ...items.map((item: Plain) => plainMsgpack(item, choose))]);
}

function float(value: number): Buffer {
  const bytes = Buffer.alloc(9, 0xcb);
  bytes.writeDoubleBE(value, 1);
  return bytes;
}

function whole(value: bigint, choose: Choice): Buffer {
  const unsigned: [number, bigint, number][] = [
    [0xcc, 0xffn, 1],
    [0xcd, 0xffffn, 2],
    [0xce, 0xffff_ffffn, 4],
    [0xcf, 0xffff_ffff_ffff_ffffn, 8],
  ];
  const signed: [number, bigint, number][] = [
    [0xd0, 0x7fn, 1],
    [0xd1, 0x7fffn, 2],
    [0xd2, 0x7fff_ffffn, 4],
    [0xd3, 0x7fff_ffff_ffff_ffffn, 8],
  ];
  const forms: Buffer[] = value >= 0n && value <= 127n ? [Buffer.of(Number(value))] : [];
  for (const [code, max, bytes] of [...(value < 0n ? [] : unsigned), ...signed]) {
    if (value > max || (value < 0n && -value > max + 1n)) continue;
    const out = Buffer.alloc(9, code);
    out.writeBigUInt64BE(BigInt.asUintN(64, value << BigInt(64 - 8 * bytes)), 1);
    forms.push(out.subarray(0, 1 + bytes));
  }
  return forms[choose(forms.length)] as Buffer;
}

/** `modern`: the first of the codes that only the new dialect has. */
function raw(bytes: Buffer, choose: Choice, modern: number): Buffer {
  const { length } = bytes;
  const heads = length <= 31 ? [Buffer.of(0xa0 | length)] : [];
  if (length <= 0xffff) heads.push(Buffer.of(0xda, length >> 8, length));
  heads.push(Buffer.of(0xdb, 0, length >> 16, length >> 8, length));
  if (length <= 0xff) heads.push(Buffer.of(modern, length));
  return Buffer.concat([heads[choose(heads.length)] as Buffer, bytes]);
}

function counted(count: number, fixed: number, wide: number, choose: Choice): Buffer {
  const heads = count <= 15 ? [Buffer.of(fixed | count)] : [];
  heads.push(Buffer.of(wide, count >> 8, count), Buffer.of(wide + 1, 0, 0, count >> 8, count));
  return heads[choose(heads.length)] as Buffer;
}
