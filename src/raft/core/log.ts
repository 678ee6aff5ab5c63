import { assert } from "../../lib/assert.ts";
import type { Entry } from "../types.ts";
import type { CoreStart, TermStart } from "./types.ts";

const SHRINK_HOLES_MIN = 1024;

/**
 * What the core knows of the log: where it begins and ends, the term of each entry, and the newest entries themselves.
 * Entries beyond `durableIndex` are on their way to the disk.
 */
export class RaftLog {
  /** Runs of one term; the first one holds `firstIndex - 1`. */
  #starts: TermStart[];
  /** Entries from `#cachedFrom` to `lastIndex`, behind `#holes` empty places. */
  #cache: (Entry | undefined)[] = [];
  #holes = 0;
  #cacheBytes = 0;
  #firstIndex: number;
  #lastIndex: number;
  durableIndex: number;

  constructor({ firstIndex, lastIndex, termStarts }: Pick<CoreStart, "firstIndex" | "lastIndex" | "termStarts">) {
    this.#starts = termStarts.length === 0 ? [{ index: firstIndex - 1, term: 0 }] : [...termStarts];
    this.#firstIndex = firstIndex;
    this.#lastIndex = lastIndex;
    this.durableIndex = lastIndex;
  }

  get firstIndex(): number {
    return this.#firstIndex;
  }

  get lastIndex(): number {
    return this.#lastIndex;
  }

  get lastTerm(): number {
    return this.#starts.at(-1)?.term ?? 0;
  }

  /** Term of the entry at `index`; undefined before `firstIndex - 1` and beyond the end. */
  termAt(index: number): number | undefined {
    if (index < this.#firstIndex - 1 || index > this.#lastIndex) return undefined;
    return this.#starts.findLast((start) => start.index <= index)?.term;
  }

  /**
   * The largest index <= `index` whose term is <= `term`: where two logs may still agree. Jumping over whole terms costs
   * one probe a term (Raft paper 5.3). Less than `firstIndex - 1` when it lies where nothing is known any more.
   */
  lastNotAfter(index: number, term: number): number {
    let at = Math.min(index, this.#lastIndex);
    for (let run = this.#starts.length - 1; run >= 0; run--) {
      const start = this.#starts[run];
      if (start === undefined || start.index > at) continue;
      if (start.term <= term) return at;
      at = start.index - 1;
    }
    return at;
  }

  append(entries: readonly Entry[]): void {
    for (const entry of entries) {
      const { index, term } = entry;
      // Made only when they are wanted: texts for each entry cost a tenth of a write.
      if (index !== this.#lastIndex + 1) assert(false, `entry ${index} after ${this.#lastIndex}`);
      if (term < this.lastTerm) assert(false, `entry of term ${term} after one of ${this.lastTerm}`);
      if (term > this.lastTerm) this.#starts.push({ index, term });
      this.#cache.push(entry);
      this.#cacheBytes += entry.data.length;
      this.#lastIndex = index;
    }
  }

  /** Drops entries from `index` on. */
  truncate(index: number): void {
    assert(index >= this.#firstIndex, `truncation from ${index}, before the log's start ${this.#firstIndex}`);
    while (this.#lastIndex >= index) {
      this.#lastIndex--;
      if (this.#cache.length > this.#holes) this.#cacheBytes -= this.#cache.pop()?.data.length ?? 0;
    }
    this.#starts = this.#starts.filter((start) => start.index < index);
    this.durableIndex = Math.min(this.durableIndex, index - 1);
  }

  /** Entries up to `index` are gone from the disk. */
  compact(index: number): void {
    if (index < this.#firstIndex) return;
    const term = this.termAt(index);
    assert(term !== undefined, `compaction to ${index} beyond ${this.#lastIndex}`);
    this.#starts = [{ index, term }, ...this.#starts.filter((start) => start.index > index)];
    this.#firstIndex = index + 1;
    this.#evictTo(index);
  }

  /** A snapshot of (`index`, `term`) took the place of all entries. */
  reset(index: number, term: number): void {
    this.#starts = [{ index, term }];
    this.#cache = [];
    this.#holes = 0;
    this.#cacheBytes = 0;
    this.#firstIndex = index + 1;
    this.#lastIndex = index;
    this.durableIndex = index;
  }

  /** Entries from..to, when all of them are in memory. */
  cached(from: number, to: number): readonly Entry[] | undefined {
    if (from < this.#cachedFrom || to > this.#lastIndex) return undefined;
    const start = from - this.#cachedFrom + this.#holes;
    return this.#cache.slice(start, start + to - from + 1) as Entry[];
  }

  /** Forgets entries up to `index`, oldest first, while more than `bytesMax` are in memory. */
  shrink(index: number, bytesMax: number): void {
    while (this.#cacheBytes > bytesMax && this.#cachedFrom <= index && this.#holes < this.#cache.length) this.#evict();
    this.#closeHoles();
  }

  get #cachedFrom(): number {
    return this.#lastIndex + 1 - (this.#cache.length - this.#holes);
  }

  #evictTo(index: number): void {
    while (this.#cachedFrom <= index && this.#holes < this.#cache.length) this.#evict();
    this.#closeHoles();
  }

  #evict(): void {
    this.#cacheBytes -= this.#cache[this.#holes]?.data.length ?? 0;
    this.#cache[this.#holes] = undefined;
    this.#holes++;
  }

  #closeHoles(): void {
    if (this.#holes < SHRINK_HOLES_MIN && this.#holes < this.#cache.length) return;
    if (this.#holes * 2 < this.#cache.length) return;
    this.#cache = this.#cache.slice(this.#holes);
    this.#holes = 0;
  }
}
