import { assert } from "../lib/assert.ts";
import type { Entry, HardState, LogBounds, LogStore } from "../raft/types.ts";

/** A log that lives as long as the process, for `agent -dev` and for tests of what stands on a log. */
export function openMemoryLogStore(): LogStore {
  return new MemoryLogStore();
}

class MemoryLogStore implements LogStore {
  #hardState: HardState = { term: 0, votedFor: "" };
  #bounds: LogBounds = { firstIndex: 1, lastIndex: 0, lastTerm: 0 };
  /** The entries of `#bounds`. */
  #entries: Entry[] = [];

  async open(): Promise<{ hardState: HardState; bounds: LogBounds }> {
    return { hardState: this.#hardState, bounds: { ...this.#bounds } };
  }

  async append(entries: readonly Entry[]): Promise<void> {
    for (const entry of entries) {
      assert(entry.index === this.#bounds.lastIndex + 1, `entry ${entry.index} after ${this.#bounds.lastIndex}`);
      const { index, term, type, data } = entry;
      this.#entries.push({ index, term, type, data });
      this.#bounds.lastIndex = entry.index;
      this.#bounds.lastTerm = entry.term;
    }
  }

  async setHardState(state: HardState): Promise<void> {
    this.#hardState = { ...state };
  }

  async read(from: number, to: number, bytesMax: number): Promise<Entry[]> {
    const read: Entry[] = [];
    let bytes = 0;
    const start = Math.max(from - this.#bounds.firstIndex, 0);
    for (const entry of this.#entries.slice(start, Math.max(to - this.#bounds.firstIndex + 1, 0))) {
      bytes += entry.data.length;
      if (read.length > 0 && bytes > bytesMax) break;
      read.push(entry);
    }
    return read;
  }

  async compact(index: number): Promise<void> {
    assert(index <= this.#bounds.lastIndex, `compaction to ${index} beyond ${this.#bounds.lastIndex}`);
    if (index < this.#bounds.firstIndex) return;
    this.#entries = this.#entries.slice(index - this.#bounds.firstIndex + 1);
    this.#bounds.firstIndex = index + 1;
  }

  async reset(index: number, term: number): Promise<void> {
    this.#entries = [];
    this.#bounds = { firstIndex: index + 1, lastIndex: index, lastTerm: term };
  }

  async close(): Promise<void> {
    this.#entries = [];
  }
}
