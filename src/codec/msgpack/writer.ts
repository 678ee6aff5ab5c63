import { assert } from "../../lib/assert.ts";

/**
 * `raw` is the msgpack before 2013, which Go's memberlist, Serf and Consul speak: texts and bytes are the same kind, of at
 * most 31, 2^16 - 1 or 2^32 - 1 bytes. `modern` tells them apart and has one more length, of a byte.
 */
export type Dialect = "raw" | "modern";

const TWO_32 = 2 ** 32;
const ASCII_MAX = 0x7f;
/** Longer texts are left to the runtime; copying shorter ones here is faster. */
const SHORT_TEXT_CHARS_MAX = 64;

const floats = new DataView(new ArrayBuffer(8));

/** The name of a struct's field as it is on the wire, made once: `writer.bytes(fieldName("SeqNo"))`. */
export function fieldName(name: string): Uint8Array {
  const writer = new MsgpackWriter(name.length + 1);
  writer.text(name);
  return writer.take();
}

/** Writes msgpack as Go's `hashicorp/go-msgpack` does: the shortest form of each, whole numbers without a sign. */
export class MsgpackWriter {
  readonly #dialect: Dialect;
  #bytes: Buffer;
  #at = 0;

  /** `roomBytes`: what will probably do. */
  constructor(roomBytes = 256, dialect: Dialect = "raw") {
    this.#bytes = Buffer.allocUnsafeSlow(roomBytes);
    this.#dialect = dialect;
  }

  get length(): number {
    return this.#at;
  }

  /** Forgets what was written; the room stays. */
  clear(): void {
    this.#at = 0;
  }

  /** A copy of what was written. */
  take(): Uint8Array {
    const out = new Uint8Array(this.#at);
    out.set(this.#bytes.subarray(0, this.#at));
    return out;
  }

  /** What was written, without a copy; the writer is used up. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#at);
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#at++] = value;
  }

  /** Bytes as they are. */
  bytes(value: Uint8Array): void {
    this.#reserve(value.length);
    if (value.length > SHORT_TEXT_CHARS_MAX) this.#bytes.set(value, this.#at);
    else for (let at = 0; at < value.length; at++) this.#bytes[this.#at + at] = value[at] ?? 0;
    this.#at += value.length;
  }

  nil(): void {
    this.byte(0xc0);
  }

  bool(value: boolean): void {
    this.byte(value ? 0xc3 : 0xc2);
  }

  /** Whole, 0 to 2^53 - 1. */
  uint(value: number): void {
    assert(Number.isSafeInteger(value) && value >= 0, `${value} is no number that a peer understands`);
    this.#reserve(9);
    if (value <= 0x7f) this.#bytes[this.#at++] = value;
    else if (value <= 0xff) {
      this.#bytes[this.#at++] = 0xcc;
      this.#bytes[this.#at++] = value;
    } else if (value <= 0xffff) {
      this.#bytes[this.#at++] = 0xcd;
      this.#u16(value);
    } else if (value < TWO_32) {
      this.#bytes[this.#at++] = 0xce;
      this.#u32(value);
    } else {
      this.#bytes[this.#at++] = 0xcf;
      this.#u32(Math.floor(value / TWO_32));
      this.#u32(value % TWO_32);
    }
  }

  /** Whole, of at most 53 bits, with a sign. */
  int(value: number): void {
    if (value >= 0) {
      this.uint(value);
      return;
    }
    assert(Number.isSafeInteger(value), `${value} is no number that a peer understands`);
    this.#reserve(9);
    this.#bytes[this.#at++] = 0xd3;
    this.#u32(Math.floor(value / TWO_32));
    this.#u32(value - Math.floor(value / TWO_32) * TWO_32);
  }

  /** Whole, 0 to 2^64 - 1. */
  big(value: bigint): void {
    if (value <= BigInt(Number.MAX_SAFE_INTEGER)) {
      this.uint(Number(value));
      return;
    }
    assert(value < 2n ** 64n, `${value} is no number that a peer understands`);
    this.#reserve(9);
    this.#bytes[this.#at++] = 0xcf;
    this.#u32(Number(value >> 32n));
    this.#u32(Number(value & 0xffff_ffffn));
  }

  /** A value as JSON has it. Its numbers are floats, as those that Go takes from JSON. */
  json(value: unknown): void {
    if (typeof value === "string") this.text(value);
    else if (typeof value === "number") this.float(value);
    else if (typeof value === "boolean") this.bool(value);
    else if (Array.isArray(value)) {
      this.array(value.length);
      for (const item of value) this.json(item);
    } else if (typeof value === "object" && value !== null) {
      const entries = Object.entries(value).filter(([, item]) => item !== undefined);
      this.map(entries.length);
      for (const [key, item] of entries) {
        this.text(key);
        this.json(item);
      }
    } else this.nil();
  }

  float(value: number): void {
    this.#reserve(9);
    this.#bytes[this.#at++] = 0xcb;
    floats.setFloat64(0, value);
    this.#u32(floats.getUint32(0));
    this.#u32(floats.getUint32(4));
  }

  map(pairs: number): void {
    this.#count(pairs, 0x80, 0xde);
  }

  array(items: number): void {
    this.#count(items, 0x90, 0xdc);
  }

  text(value: string): void {
    const length = value.length;
    if (length <= SHORT_TEXT_CHARS_MAX && this.#ascii(value, length)) return;
    const bytes = Buffer.byteLength(value);
    this.#rawHead(bytes);
    this.#reserve(bytes);
    this.#at += this.#bytes.write(value, this.#at);
  }

  /** Bytes with their length in front. */
  raw(value: Uint8Array): void {
    if (this.#dialect === "raw") this.#rawHead(value.length);
    else this.#binHead(value.length);
    this.bytes(value);
  }

  /** False when it has other characters; nothing is written then. */
  #ascii(value: string, length: number): boolean {
    const before = this.#at;
    this.#rawHead(length);
    this.#reserve(length);
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i);
      if (code > ASCII_MAX) {
        this.#at = before;
        return false;
      }
      this.#bytes[this.#at + i] = code;
    }
    this.#at += length;
    return true;
  }

  #rawHead(length: number): void {
    this.#reserve(5);
    if (length <= 31) this.#bytes[this.#at++] = 0xa0 | length;
    else if (length <= 0xff && this.#dialect === "modern") {
      this.#bytes[this.#at++] = 0xd9;
      this.#bytes[this.#at++] = length;
    } else this.#wide(length, 0xda);
  }

  #binHead(length: number): void {
    this.#reserve(5);
    if (length <= 0xff) {
      this.#bytes[this.#at++] = 0xc4;
      this.#bytes[this.#at++] = length;
    } else this.#wide(length, 0xc5);
  }

  #count(count: number, fixed: number, wide: number): void {
    this.#reserve(5);
    if (count <= 15) this.#bytes[this.#at++] = fixed | count;
    else this.#wide(count, wide);
  }

  /** A length of two or four bytes behind `code` or the code after it. */
  #wide(length: number, code: number): void {
    if (length <= 0xffff) {
      this.#bytes[this.#at++] = code;
      this.#u16(length);
    } else {
      this.#bytes[this.#at++] = code + 1;
      this.#u32(length);
    }
  }

  #u16(value: number): void {
    this.#bytes[this.#at++] = value >>> 8;
    this.#bytes[this.#at++] = value;
  }

  #u32(value: number): void {
    this.#bytes[this.#at++] = value >>> 24;
    this.#bytes[this.#at++] = value >>> 16;
    this.#bytes[this.#at++] = value >>> 8;
    this.#bytes[this.#at++] = value;
  }

  #reserve(more: number): void {
    const needed = this.#at + more;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#bytes.length));
    larger.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = larger;
  }
}
