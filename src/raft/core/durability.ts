import type { Entry, HardState } from "../types.ts";
import type { Effect } from "./types.ts";

/** What must be on the disk before an action: term and vote, or all entries appended so far as well. */
export type Needs = "hardState" | "log";

interface Write {
  id: number;
  hasHardState: boolean;
  /** Last index that it makes durable; lowered when a later write truncates below. */
  lastIndex: number;
  /** Its entries didn't get to the disk. */
  isRefused: boolean;
  /** For how long a disk may take. */
  sinceMs: number;
  actions: { needs: Needs; run: () => void }[];
}

/**
 * Writes on their way to the disk, in order, and what waits for them. Nothing that promises durability leaves the server
 * in another way: votes, replies to appends, the own vote.
 */
export class Durability {
  readonly #writes: Write[] = [];
  #nextId = 1;
  #hardState: HardState | undefined;
  #append: { truncateFrom: number | undefined; entries: readonly Entry[] } | undefined;
  #gated: { needs: Needs; run: () => void }[] = [];

  saveHardState(hardState: HardState): void {
    this.#hardState = hardState;
  }

  /** At most once between two calls of `take`. */
  saveEntries(entries: readonly Entry[], truncateFrom?: number): void {
    const before = this.#append;
    this.#append =
      before === undefined
        ? { truncateFrom, entries }
        : { truncateFrom: before.truncateFrom ?? truncateFrom, entries: [...before.entries, ...entries] };
    if (truncateFrom === undefined) return;
    // What is under way below is soon overwritten: its completion says nothing about these indexes (etcd's append ABA).
    for (const write of this.#writes) write.lastIndex = Math.min(write.lastIndex, truncateFrom - 1);
  }

  /** Runs `run` once what it needs is on the disk: in this turn when nothing is under way. */
  whenDurable(needs: Needs, run: () => void): void {
    this.#gated.push({ needs, run });
  }

  /** What was saved since the last call, as one write; `lastIndex` is the end of the log with it. */
  take(lastIndex: number, nowMs: number): Effect | undefined {
    const hardState = this.#hardState;
    const append = this.#append;
    if (hardState === undefined && append === undefined) return undefined;
    this.#hardState = undefined;
    this.#append = undefined;
    const id = this.#nextId++;
    const hasHardState = hardState !== undefined;
    this.#writes.push({ id, hasHardState, lastIndex, isRefused: false, sinceMs: nowMs, actions: [] });
    return { type: "persist", id, hardState, append };
  }

  /** Runs what waits for nothing, hangs the rest to the write that it waits for; true when something ran. */
  runReady(): boolean {
    const gated = this.#gated;
    if (gated.length === 0) return false;
    this.#gated = [];
    let ran = false;
    for (const action of gated) {
      const write =
        action.needs === "log" ? this.#writes.at(-1) : this.#writes.findLast(({ hasHardState }) => hasHardState);
      if (write !== undefined) {
        write.actions.push(action);
        continue;
      }
      action.run();
      ran = true;
    }
    return ran;
  }

  /** Write `id` is done: the last index that is durable with it, and what waited for it. */
  done(id: number): { lastIndex: number; actions: (() => void)[] } | undefined {
    const write = this.#writes[0];
    if (write?.id !== id) return undefined;
    this.#writes.shift();
    const ready = write.actions.filter(({ needs }) => needs === "hardState" || !write.isRefused);
    return { lastIndex: write.isRefused ? 0 : write.lastIndex, actions: ready.map(({ run }) => run) };
  }

  /**
   * The entries of write `id` and of those under way after it are not on the disk; what waits for them will not happen.
   * False when that was known already.
   */
  refuse(id: number): boolean {
    const isNews = this.#writes.some((write) => write.id === id && !write.isRefused);
    if (!isNews) return false;
    for (const write of this.#writes) if (write.id >= id) write.isRefused = true;
    this.#append = undefined;
    return true;
  }

  /** When the oldest write began; undefined when the disk is idle. */
  get oldestMs(): number | undefined {
    return this.#writes[0]?.sinceMs;
  }
}
