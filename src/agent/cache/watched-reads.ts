import { Pauses } from "../../lib/pauses.ts";
import type { Clock } from "../../ports/clock.ts";

const RETRY_MS_MIN = 1000;
const RETRY_MS_MAX = 30_000;

export interface ReadAnswer<T> {
  readonly value: T;
  readonly index: number;
}

export interface WatchedReadsOptions<T> {
  /** Answers at once for index 0, else when there is anything newer than `index`, or after some minutes. */
  readonly load: (key: string, index: number, signal: AbortSignal) => Promise<ReadAnswer<T>>;
  /** Values that are worth a watch; others are fetched anew each time, since names can be made up without end. */
  readonly isKept: (value: T) => boolean;
  readonly clock: Clock;
  /** Watches at a time; the one that was used longest ago ends when there are more. */
  readonly entriesMax: number;
  /** A watch ends when nobody asked for so long. */
  readonly idleMs: number;
  /** For so long after the servers were lost the last value is still given. */
  readonly staleMs: number;
}

interface Entry<T> {
  readonly controller: AbortController;
  /** Of the first answer; what comes later replaces `value`. */
  readonly first: Promise<T>;
  value: T | undefined;
  usedMs: number;
  /** Since when fetching fails; undefined while it works. */
  failingSinceMs: number | undefined;
}

/**
 * Remembers answers of elsewhere and keeps them true by blocking reads: a read that is asked for again and again costs one
 * exchange for each change, and not one for each asking.
 */
export class WatchedReads<T> {
  readonly #options: WatchedReadsOptions<T>;
  /** In the order of last use. */
  readonly #entries = new Map<string, Entry<T>>();
  readonly #pauses: Pauses;
  #isClosed = false;

  constructor(options: WatchedReadsOptions<T>) {
    this.#options = options;
    this.#pauses = new Pauses(options.clock);
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The newest value that is known, or the first one. Rejects as `load` does when there is none. */
  get(key: string): Promise<T> {
    const known = this.#entries.get(key);
    if (known === undefined) return this.#open(key).first;
    if (known.failingSinceMs !== undefined && this.#isTooOld(known.failingSinceMs)) {
      this.#end(key, known);
      return this.#open(key).first;
    }
    known.usedMs = this.#options.clock.monotonicMs();
    this.#entries.delete(key);
    this.#entries.set(key, known);
    return known.value === undefined ? known.first : Promise.resolve(known.value);
  }

  /** Whoever was not reached may be there again: what waits to be tried again is tried now. */
  retry(): void {
    this.#pauses.end();
  }

  close(): void {
    this.#isClosed = true;
    for (const [key, entry] of this.#entries) this.#end(key, entry);
  }

  #open(key: string): Entry<T> {
    const { clock, entriesMax } = this.#options;
    const controller = new AbortController();
    const { promise: first, resolve, reject } = Promise.withResolvers<T>();
    const entry: Entry<T> = {
      controller,
      first,
      value: undefined,
      usedMs: clock.monotonicMs(),
      failingSinceMs: undefined,
    };
    this.#entries.set(key, entry);
    for (const [oldKey, old] of this.#entries) {
      if (this.#entries.size <= entriesMax) break;
      this.#end(oldKey, old);
    }
    this.#fetchFirst(key, entry).then(resolve, reject);
    return entry;
  }

  async #fetchFirst(key: string, entry: Entry<T>): Promise<T> {
    const { load, isKept } = this.#options;
    // Whoever waits for the first answer gets it, even if the watch has to make room meanwhile.
    const answer = await load(key, 0, new AbortController().signal).catch((error: unknown) => {
      this.#end(key, entry);
      throw error;
    });
    if (this.#isClosed || !isKept(answer.value)) this.#end(key, entry);
    else if (!entry.controller.signal.aborted) {
      entry.value = answer.value;
      void this.#watch(key, entry, answer.index);
    }
    return answer.value;
  }

  async #watch(key: string, entry: Entry<T>, from: number): Promise<void> {
    const { load, clock, isKept, idleMs } = this.#options;
    const { signal } = entry.controller;
    let index = from;
    let retryMs = RETRY_MS_MIN;
    while (!signal.aborted) {
      try {
        const answer = await load(key, index, signal);
        if (signal.aborted) return;
        entry.failingSinceMs = undefined;
        retryMs = RETRY_MS_MIN;
        entry.value = answer.value;
        // An index that goes back is of another state: what follows is not to be waited for from the old one.
        index = answer.index < index ? 0 : answer.index;
        if (!isKept(answer.value) || clock.monotonicMs() - entry.usedMs > idleMs) this.#end(key, entry);
      } catch {
        entry.failingSinceMs ??= clock.monotonicMs();
        if (this.#isTooOld(entry.failingSinceMs)) this.#end(key, entry);
        else if (!signal.aborted) await this.#pauses.pause(retryMs, signal);
        retryMs = Math.min(RETRY_MS_MAX, 2 * retryMs);
      }
    }
  }

  #isTooOld(failingSinceMs: number): boolean {
    return this.#options.clock.monotonicMs() - failingSinceMs >= this.#options.staleMs;
  }

  #end(key: string, entry: Entry<T>): void {
    if (this.#entries.get(key) === entry) this.#entries.delete(key);
    entry.controller.abort();
  }
}
