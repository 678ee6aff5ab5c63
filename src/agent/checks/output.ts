/** Output limits: what a check says is kept up to a number of bytes, and says so when it was longer. */

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });

/** The first `bytesMax` bytes of a text, without half a character at the end, and how many bytes it had. */
export function headBytes(text: string, bytesMax: number): { head: string; total: number } {
  if (text.length * 3 <= bytesMax) return { head: text, total: encoder.encode(text).length };
  const bytes = encoder.encode(text);
  if (bytes.length <= bytesMax) return { head: text, total: bytes.length };
  let end = bytesMax;
  while (end > 0 && ((bytes[end] as number) & 0xc0) === 0x80) end--;
  return { head: decoder.decode(bytes.subarray(0, end)), total: bytes.length };
}

/** What a client said to a TTL check, cut as Consul cuts it. */
export function cutNote(text: string, bytesMax: number): string {
  const { head, total } = headBytes(text, bytesMax);
  return total > bytesMax ? `${head} ... (captured ${bytesMax} of ${total} bytes)` : text;
}

/**
 * The smaller of the two limits that are set; 0 is not set for a check. A check can lower the agent's limit but not
 * raise it.
 */
export function outputLimit(agentBytesMax: number, checkBytesMax: number): number {
  return checkBytesMax > 0 && checkBytesMax < agentBytesMax ? checkBytesMax : agentBytesMax;
}

/** Keeps the last bytes of a stream in a fixed space: of a long output the end tells most. */
export class TailBuffer {
  readonly #bytes: Uint8Array;
  #total = 0;
  constructor(bytesMax: number) {
    this.#bytes = new Uint8Array(bytesMax);
  }
  /** Bytes seen so far. */
  get total(): number {
    return this.#total;
  }
  push(chunk: Uint8Array): void {
    const size = this.#bytes.length;
    const kept = chunk.length > size ? chunk.subarray(chunk.length - size) : chunk;
    let at = (this.#total + chunk.length - kept.length) % size;
    for (const byte of kept) {
      this.#bytes[at] = byte;
      at = at + 1 === size ? 0 : at + 1;
    }
    this.#total += chunk.length;
  }
  /** The kept bytes as text, in order. */
  bare(): string {
    const size = this.#bytes.length;
    if (this.#total <= size) return decoder.decode(this.#bytes.subarray(0, this.#total));
    const start = this.#total % size;
    const ordered = new Uint8Array(size);
    ordered.set(this.#bytes.subarray(start));
    ordered.set(this.#bytes.subarray(0, start), size - start);
    return decoder.decode(ordered);
  }
  /** As `bare`, with a line about what is gone in front. */
  text(): string {
    const size = this.#bytes.length;
    return this.#total <= size ? this.bare() : `Captured ${size} of ${this.#total} bytes\n...\n${this.bare()}`;
  }
}
