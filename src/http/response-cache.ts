import type { SparseTimer } from "../lib/sparse-timer.ts";
import type { Publisher } from "../state/publisher.ts";
import type { QueryResult } from "../state/query.ts";
import { type Encoded, INDEX_HEADER, indexText } from "./respond.ts";

export const CACHE_BYTES_MAX = 8 * 1024 * 1024;
const CACHE_ENTRY_BYTES_MAX = 1024 * 1024;
/** What an entry costs beside its body: key, headers, subscription. */
const ENTRY_OVERHEAD_BYTES = 512;

/** A finished answer and the read that it was made of. */
export interface Answer {
  readonly encoded: Encoded;
  readonly result: QueryResult<unknown>;
  /** Measures the requests that are answered with it. */
  readonly timer: SparseTimer;
}

interface Entry {
  answer: Answer;
  bytes: number;
  unsubscribe: () => void;
}

/**
 * Finished answers of reads, each valid until a topic it was made from changes: the publisher removes it in the same
 * turn in which the change is applied, so a hit is never older than a fresh read. The oldest entries make room.
 */
export class ResponseCache {
  readonly #publisher: Publisher;
  readonly #entries = new Map<string, Entry>();
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(publisher: Publisher, bytesMax = CACHE_BYTES_MAX) {
    this.#publisher = publisher;
    this.#bytesMax = bytesMax;
  }

  /** The kept answer, with the index that a fresh read would give. */
  get(key: string): Answer | undefined {
    const answer = this.#entries.get(key)?.answer;
    if (answer?.result.indexNow === undefined) return answer;
    const index = answer.result.indexNow();
    const headers = { ...answer.encoded.headers, [INDEX_HEADER]: indexText(index) };
    return { ...answer, encoded: { ...answer.encoded, headers }, result: { ...answer.result, index } };
  }

  /** Keeps an answer; streams and very large bodies are left out. */
  put(key: string, answer: Answer): void {
    const { body } = answer.encoded;
    if (body instanceof ReadableStream) return;
    const bytes = (body?.length ?? 0) + key.length + ENTRY_OVERHEAD_BYTES;
    if (bytes > CACHE_ENTRY_BYTES_MAX || this.#entries.has(key)) return;
    const { interest } = answer.result;
    const unsubscribe = this.#publisher.subscribe(interest, () => this.#forget(key));
    this.#entries.set(key, { answer, bytes, unsubscribe });
    this.#bytes += bytes;
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#bytesMax) break;
      this.#entries.get(oldest)?.unsubscribe();
      this.#forget(oldest);
    }
  }

  #forget(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#bytes -= entry.bytes;
  }
}
