import { WireError } from "./wire-error.ts";

/**
 * LZW as Go's `compress/lzw` has it in LSB order with literals of 8 bits: codes have 9 to 12 bits; one starts the table
 * anew, one ends the data. When the table is full it stays as it is.
 */
const CLEAR = 256;
const END = 257;
const WIDTH_MIN = 9;
const WIDTH_MAX = 12;
const CODES = 1 << WIDTH_MAX;

const SLICE_END = Number.MAX_SAFE_INTEGER;
const ROOM_BYTES_MIN = 1024;
const EXPANSION = 4;

/** Unpacks at most `bytesMax`. Throws WireError. */
export function unpackLzw(packed: Uint8Array, bytesMax: number): Uint8Array {
  const unpacker = new LzwUnpacker(packed, bytesMax);
  unpacker.run(SLICE_END);
  return unpacker.bytes();
}

/** Unpacks in slices, so that a large message doesn't hold up everything else. */
export class LzwUnpacker {
  readonly #packed: Uint8Array;
  readonly #bytesMax: number;
  #at = 0;
  #bits = 0;
  #bitCount = 0;
  #width = WIDTH_MIN;
  /** The code that the next entry gets. */
  #next = END;
  #out: Uint8Array;
  #length = 0;
  /** Where the bytes of the last code stand in the output; there are none after a code that cleared the table. */
  #lastStart = -1;
  #lastLength = 0;
  /** Bytes of each entry, as a place in the output: an entry is the last code's bytes and the one behind them. */
  readonly #starts = new Uint32Array(CODES);
  readonly #lengths = new Uint16Array(CODES);
  #isDone = false;

  constructor(packed: Uint8Array, bytesMax: number) {
    this.#packed = packed;
    this.#bytesMax = bytesMax;
    this.#out = new Uint8Array(Math.min(bytesMax, Math.max(ROOM_BYTES_MIN, EXPANSION * packed.length)));
  }

  /** What is unpacked so far. */
  bytes(): Uint8Array {
    return this.#out.subarray(0, this.#length);
  }

  /** Bytes of memory that the output has. */
  get roomBytes(): number {
    return this.#out.length;
  }

  /** Unpacks at least `bytes` more, or all: then true. Throws WireError. */
  run(bytes: number): boolean {
    const stop = this.#length + bytes;
    while (!this.#isDone && this.#length < stop) this.#onCode(this.#read());
    return this.#isDone;
  }

  #read(): number {
    while (this.#bitCount < this.#width) {
      const byte = this.#packed[this.#at];
      if (byte === undefined) throw new WireError("the compressed data is cut off");
      this.#at++;
      this.#bits |= byte << this.#bitCount;
      this.#bitCount += 8;
    }
    const code = this.#bits & ((1 << this.#width) - 1);
    this.#bits >>>= this.#width;
    this.#bitCount -= this.#width;
    return code;
  }

  #onCode(code: number): void {
    if (code === END) {
      this.#isDone = true;
    } else if (code === CLEAR) {
      this.#width = WIDTH_MIN;
      this.#next = END;
      this.#lastStart = -1;
    } else {
      const start = this.#length;
      if (code < CLEAR) this.#writeLiteral(code);
      else this.#writeEntry(code);
      this.#addEntry(start);
    }
  }

  #writeLiteral(byte: number): void {
    this.#reserve(1);
    this.#out[this.#length++] = byte;
  }

  #writeEntry(code: number): void {
    let start: number;
    let length: number;
    if (code === this.#next && this.#lastStart >= 0) {
      // The entry that is about to be added: the last bytes and the first of them again.
      start = this.#lastStart;
      length = this.#lastLength + 1;
    } else if (code <= this.#next) {
      start = this.#starts[code] ?? 0;
      length = this.#lengths[code] ?? 0;
    } else throw new WireError("the compressed data has a code that is not in the table");
    this.#reserve(length);
    const out = this.#out;
    const end = start + length;
    let to = this.#length;
    // Not `copyWithin`: the two may overlap, and then what was just written is read.
    for (let from = start; from < end; from++) out[to++] = out[from] ?? 0;
    this.#length = to;
  }

  #addEntry(start: number): void {
    if (this.#lastStart >= 0) {
      this.#starts[this.#next] = this.#lastStart;
      this.#lengths[this.#next] = this.#lastLength + 1;
    }
    this.#lastStart = start;
    this.#lastLength = this.#length - start;
    this.#next++;
    if (this.#next < 1 << this.#width) return;
    if (this.#width < WIDTH_MAX) this.#width++;
    else {
      this.#next--;
      this.#lastStart = -1;
    }
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed > this.#bytesMax) throw new WireError(`the compressed data has more than ${this.#bytesMax} bytes`);
    if (needed <= this.#out.length) return;
    const larger = new Uint8Array(Math.min(this.#bytesMax, Math.max(needed, 2 * this.#out.length)));
    larger.set(this.#out.subarray(0, this.#length));
    this.#out = larger;
  }
}

/** Packs as Go's writer does, byte for byte: the table is cleared at the start, and one entry before it is full. */
export function packLzw(bytes: Uint8Array): Uint8Array {
  const out = new BitWriter(bytes.length);
  /** Entries by the code before and the byte behind it. */
  const table = new Map<number, number>();
  let width = WIDTH_MIN;
  let newest = END;
  /** False when the table was cleared instead. */
  const grow = (): boolean => {
    newest++;
    if (newest === 1 << width) width++;
    if (newest < CODES - 1) return true;
    out.write(CLEAR, width);
    width = WIDTH_MIN;
    newest = END;
    table.clear();
    return false;
  };
  out.write(CLEAR, width);
  let code: number | undefined;
  for (const byte of bytes) {
    const key = ((code ?? 0) << 8) | byte;
    const longer = code === undefined ? byte : table.get(key);
    if (code !== undefined && longer === undefined) {
      out.write(code, width);
      if (grow()) table.set(key, newest);
    }
    code = longer ?? byte;
  }
  if (code !== undefined) {
    out.write(code, width);
    grow();
  }
  out.write(END, width);
  return out.take();
}

class BitWriter {
  #bytes: Uint8Array;
  #length = 0;
  #bits = 0;
  #bitCount = 0;

  constructor(inputBytes: number) {
    // Codes of 12 bits for single bytes are the worst, and a few to clear.
    this.#bytes = new Uint8Array(Math.ceil((inputBytes + 4) * 1.6) + 16);
  }

  write(code: number, width: number): void {
    this.#bits |= code << this.#bitCount;
    this.#bitCount += width;
    for (; this.#bitCount >= 8; this.#bitCount -= 8) {
      this.#bytes[this.#length++] = this.#bits;
      this.#bits >>>= 8;
    }
  }

  take(): Uint8Array {
    if (this.#bitCount > 0) this.#bytes[this.#length++] = this.#bits;
    return this.#bytes.subarray(0, this.#length);
  }
}
