import { assert } from "../lib/assert.ts";

const VARINT_BYTES_MAX = 8;
const TWO_32 = 2 ** 32;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Writes one message. Numbers are whole, 0 to 2^53 - 1, and take one byte for each seven bits (least significant first). */
export class ByteWriter {
  #bytes: Buffer;
  #at = 0;

  /** `room`: bytes that will probably do. */
  constructor(room = 64) {
    this.#bytes = Buffer.allocUnsafe(room);
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#at++] = value;
  }

  flag(value: boolean): void {
    this.byte(value ? 1 : 0);
  }

  varint(value: number): void {
    assert(Number.isSafeInteger(value) && value >= 0, `${value} is no index, term or length`);
    this.#reserve(VARINT_BYTES_MAX);
    // Bit operations see 32 bits: larger numbers are divided until they fit.
    while (value >= TWO_32) {
      this.#bytes[this.#at++] = (value % 128) | 0x80;
      value = Math.floor(value / 128);
    }
    while (value > 127) {
      this.#bytes[this.#at++] = (value & 0x7f) | 0x80;
      value >>>= 7;
    }
    this.#bytes[this.#at++] = value;
  }

  /** A text with its length in front. */
  text(text: string): void {
    const length = Buffer.byteLength(text);
    this.varint(length);
    this.#write(text, length);
  }

  /** A text that ends the message. */
  tail(text: string): void {
    this.#write(text, Buffer.byteLength(text));
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /** What was written; the writer is used up. */
  take(): Buffer {
    return this.#bytes.subarray(0, this.#at);
  }

  #write(text: string, length: number): void {
    this.#reserve(length);
    this.#at += this.#bytes.write(text, this.#at);
  }

  #reserve(more: number): void {
    const needed = this.#at + more;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#bytes.length));
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }
}

/**
 * Reads one message from bytes that may be anything. A read that finds no valid value gives a zero one and marks the
 * whole message as malformed, so that callers look once, at the end.
 */
export class ByteReader {
  readonly #bytes: Buffer;
  #at = 0;
  #isBad = false;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** All was valid so far. */
  get isGood(): boolean {
    return !this.#isBad;
  }

  /** All was valid, and nothing is left. */
  get isDone(): boolean {
    return !this.#isBad && this.#at === this.#bytes.length;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** The message says something that can't be. */
  reject(): void {
    this.#isBad = true;
  }

  byte(): number {
    const value = this.#bytes[this.#at++];
    return value ?? this.#bad(0);
  }

  flag(): boolean {
    const value = this.byte();
    return value <= 1 ? value === 1 : this.#bad(false);
  }

  varint(): number {
    let value = 0;
    let scale = 1;
    for (let left = VARINT_BYTES_MAX; left > 0; left--) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return Number.isSafeInteger(value) ? value : this.#bad(0);
      scale *= 128;
    }
    return this.#bad(0);
  }

  /** A text with its length in front, of at most `bytesMax`. */
  text(bytesMax: number): string {
    const length = this.varint();
    return length <= bytesMax ? this.#decode(this.raw(length)) : this.#bad("");
  }

  /** The text that ends the message. */
  tail(): string {
    return this.#decode(this.raw(this.left));
  }

  /** A view of the message's bytes. */
  raw(length: number): Buffer {
    if (this.#isBad || length > this.left) return this.#bad(Buffer.alloc(0));
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  #decode(bytes: Buffer): string {
    try {
      return utf8.decode(bytes);
    } catch {
      return this.#bad("");
    }
  }

  #bad<T>(value: T): T {
    this.#isBad = true;
    return value;
  }
}
