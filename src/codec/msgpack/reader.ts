import { CutOff, WireError } from "../wire-error.ts";

const TWO_32 = 2 ** 32;
const ASCII_MAX = 0x7f;
const SHORT_TEXT_BYTES_MAX = 24;
const NO_BYTES = new Uint8Array(0);

const floats = new DataView(new ArrayBuffer(8));

/** Names of a struct's fields; a field that is not among them is not of interest. */
export class FieldNames<Name extends string> {
  readonly names: readonly Name[];
  readonly #bytes: readonly Uint8Array[];

  /** Found fastest when they come in this order: Go's peers sort them by name. */
  constructor(...names: readonly Name[]) {
    this.names = names;
    this.#bytes = names.map((name) => new TextEncoder().encode(name));
  }

  /** The name that stands in `bytes` from `start` to `end`, looked for from number `likely` on. */
  find(bytes: Uint8Array, start: number, end: number, likely: number): Name | undefined {
    const count = this.#bytes.length;
    for (let i = 0; i < count; i++) {
      const at = (likely + i) % count;
      const name = this.#bytes[at];
      if (name !== undefined && isAt(name, bytes, start, end)) return this.names[at];
    }
    return undefined;
  }
}

function isAt(name: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (name.length !== end - start) return false;
  for (let i = 0; i < name.length; i++) if (name[i] !== bytes[start + i]) return false;
  return true;
}

/**
 * Reads msgpack of either dialect from bytes that may be anything; throws WireError, and CutOff when they end too early. Every read knows what it wants, so
 * that no tree is built: time and memory are bound by the bytes that are there, whatever lengths they claim. Nil
 * reads as the zero value of what is wanted, as in Go.
 */
export class MsgpackReader {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Uint8Array, start = 0) {
    this.#bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = start;
  }

  /** Where the next value begins. */
  get at(): number {
    return this.#at;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** Pairs of the map that begins here. */
  map(): number {
    const code = this.#byte();
    let pairs: number;
    if ((code & 0xf0) === 0x80) pairs = code & 0x0f;
    else if (code === 0xde) pairs = this.#u16();
    else if (code === 0xdf) pairs = this.#u32();
    else if (code === 0xc0) return 0;
    else throw this.#unexpected(code, "a map");
    return this.#present(pairs, 2);
  }

  /** Items of the array that begins here. */
  array(): number {
    const code = this.#byte();
    let items: number;
    if ((code & 0xf0) === 0x90) items = code & 0x0f;
    else if (code === 0xdc) items = this.#u16();
    else if (code === 0xdd) items = this.#u32();
    else if (code === 0xc0) return 0;
    else throw this.#unexpected(code, "an array");
    return this.#present(items, 1);
  }

  /** The name of the next field, or undefined when it is not of interest: then its value is to be skipped. */
  field<Name extends string>(names: FieldNames<Name>, likely: number): Name | undefined {
    const length = this.#rawLength();
    return names.find(this.#bytes, this.#at - length, this.#at, likely);
  }

  /** Takes the byte when the next value is nil. */
  isNil(): boolean {
    if (this.#bytes[this.#at] !== 0xc0) return false;
    this.#at++;
    return true;
  }

  /** A text; bytes that are no UTF-8 become U+FFFD. */
  text(): string {
    const length = this.#rawLength();
    const start = this.#at - length;
    if (length > SHORT_TEXT_BYTES_MAX) return this.#bytes.toString("utf8", start, this.#at);
    let text = "";
    for (let at = start; at < this.#at; at++) {
      const byte = this.#bytes[at] ?? 0;
      if (byte > ASCII_MAX) return this.#bytes.toString("utf8", start, this.#at);
      text += String.fromCharCode(byte);
    }
    return text;
  }

  /** A copy of the bytes. */
  raw(): Uint8Array {
    const length = this.#rawLength();
    return length === 0 ? NO_BYTES : copy(this.#bytes, this.#at - length, this.#at);
  }

  /** The bytes, not copied: they are those of the message. */
  rawView(): Uint8Array {
    const length = this.#rawLength();
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  bool(): boolean {
    const code = this.#byte();
    if (code === 0xc3 || code === 0x01) return true;
    if (code === 0xc2 || code === 0xc0 || code === 0x00) return false;
    throw this.#unexpected(code, "true or false");
  }

  /** A whole number, 0 to `max`, which is at most 2^53 - 1. */
  uint(max: number): number {
    const value = this.int();
    if (value < 0 || value > max) throw new WireError(`number ${value} is out of range`);
    return value;
  }

  /** A whole number of at most 53 bits, with a sign. */
  int(): number {
    const code = this.#byte();
    if (code <= 0x7f) return code;
    if (code >= 0xe0) return code - 0x100;
    switch (code) {
      case 0xc0:
        return 0;
      case 0xcc:
        return this.#byte();
      case 0xcd:
        return this.#u16();
      case 0xce:
        return this.#u32();
      case 0xcf:
        return safe(this.#u32() * TWO_32 + this.#u32());
      case 0xd0:
        return (this.#byte() << 24) >> 24;
      case 0xd1:
        return (this.#u16() << 16) >> 16;
      case 0xd2:
        return this.#u32() | 0;
      case 0xd3:
        return safe((this.#u32() | 0) * TWO_32 + this.#u32());
      default:
        throw this.#unexpected(code, "a whole number");
    }
  }

  /** A whole number without a sign, of up to 64 bits. */
  big(): bigint {
    if (this.#bytes[this.#at] !== 0xcf) return BigInt(this.uint(Number.MAX_SAFE_INTEGER));
    this.#at++;
    return (BigInt(this.#u32()) << 32n) | BigInt(this.#u32());
  }

  /** A number of any kind. */
  float(): number {
    const code = this.#bytes[this.#at];
    if (code !== 0xcb && code !== 0xca) return this.int();
    this.#at++;
    floats.setUint32(0, this.#u32());
    if (code === 0xca) return floats.getFloat32(0);
    floats.setUint32(4, this.#u32());
    return floats.getFloat64(0);
  }

  /**
   * Whatever comes, as JSON has it: bytes are texts, and numbers of more than 53 bits lose the last ones. Throws a
   * WireError for more than `depthMax` levels.
   */
  json(depthMax: number): unknown {
    const code = this.#bytes[this.#at];
    if (code === undefined) throw cut();
    if (isRaw(code)) return this.text();
    if (isMap(code) || isArray(code)) {
      if (depthMax === 0) throw new WireError("more levels than anybody needs");
      return isMap(code) ? this.#jsonObject(depthMax) : this.#jsonList(depthMax);
    }
    if (code === 0xc2 || code === 0xc3) return this.bool();
    if (code === 0xc0) {
      this.#at++;
      return null;
    }
    return code === 0xcf ? Number(this.big()) : this.float();
  }

  #jsonObject(depthMax: number): Record<string, unknown> {
    const entries: [string, unknown][] = [];
    for (let left = this.map(); left > 0; left--) entries.push([this.text(), this.json(depthMax - 1)]);
    return Object.fromEntries(entries);
  }

  #jsonList(depthMax: number): unknown[] {
    const items: unknown[] = [];
    for (let left = this.array(); left > 0; left--) items.push(this.json(depthMax - 1));
    return items;
  }

  /** Passes over one value with all that it holds, however deep. */
  skip(): void {
    // What is still to be passed is counted, so that nesting needs no stack.
    for (let values = 1; values > 0; values--) {
      const code = this.#bytes[this.#at];
      if (code === undefined) throw cut();
      if (isMap(code)) values += 2 * this.map();
      else if (isArray(code)) values += this.array();
      else if (isRaw(code)) this.#rawLength();
      else this.#skipScalar(code);
    }
  }

  /** A copy of the bytes of one value with all that it holds. */
  value(): Uint8Array {
    const start = this.#at;
    this.skip();
    return copy(this.#bytes, start, this.#at);
  }

  #skipScalar(code: number): void {
    this.#at++;
    if (code <= 0x7f || code >= 0xe0 || code === 0xc0 || code === 0xc2 || code === 0xc3) return;
    this.#pass(this.#scalarBytes(code));
  }

  /** Bytes behind the code of a number or an extension. */
  #scalarBytes(code: number): number {
    switch (code) {
      case 0xcc:
      case 0xd0:
        return 1;
      case 0xcd:
      case 0xd1:
        return 2;
      case 0xca:
      case 0xce:
      case 0xd2:
        return 4;
      case 0xcb:
      case 0xcf:
      case 0xd3:
        return 8;
      case 0xc7:
        return this.#byte() + 1;
      case 0xc8:
        return this.#u16() + 1;
      case 0xc9:
        return this.#u32() + 1;
      default:
        if (code < 0xd4 || code > 0xd8) throw this.#unexpected(code, "a value");
        return 1 + 2 ** (code - 0xd4);
    }
  }

  /** Length of the text or bytes that begin here; passes over them. */
  #rawLength(): number {
    const code = this.#byte();
    let length: number;
    if ((code & 0xe0) === 0xa0) length = code & 0x1f;
    else if (code === 0xd9 || code === 0xc4) length = this.#byte();
    else if (code === 0xda || code === 0xc5) length = this.#u16();
    else if (code === 0xdb || code === 0xc6) length = this.#u32();
    else if (code === 0xc0) length = 0;
    else throw this.#unexpected(code, "a text or bytes");
    this.#pass(length);
    return length;
  }

  #pass(length: number): void {
    if (length > this.left) throw cut();
    this.#at += length;
  }

  /** `count` values of at least `bytesEach` can still be there. */
  #present(count: number, bytesEach: number): number {
    if (count * bytesEach > this.left) throw cut();
    return count;
  }

  #byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw cut();
    this.#at++;
    return byte;
  }

  #u16(): number {
    return (this.#byte() << 8) | this.#byte();
  }

  #u32(): number {
    return this.#u16() * 0x10000 + this.#u16();
  }

  #unexpected(code: number, wanted: string): WireError {
    return new WireError(`0x${code.toString(16)} at byte ${this.#at - 1} is not ${wanted}`);
  }
}

const isMap = (code: number) => (code & 0xf0) === 0x80 || code === 0xde || code === 0xdf;
const isArray = (code: number) => (code & 0xf0) === 0x90 || code === 0xdc || code === 0xdd;
const isRaw = (code: number) =>
  (code & 0xe0) === 0xa0 || (code >= 0xd9 && code <= 0xdb) || (code >= 0xc4 && code <= 0xc6);

function cut(): WireError {
  return new CutOff("the message is cut off");
}

function safe(value: number): number {
  if (!Number.isSafeInteger(value)) throw new WireError(`number ${value} has more than 53 bits`);
  return value;
}

function copy(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const out = new Uint8Array(end - start);
  out.set(bytes.subarray(start, end));
  return out;
}
