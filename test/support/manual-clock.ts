import type { Clock, Timer } from "../../src/ports/clock.ts";

/** How long a turn of the event loop takes here. */
const TURN_MS = 0.01;

/** Time that moves only when told. Timers run in the order of their times, those of one time in the order they were set. */
export class ManualClock implements Clock {
  #nowMs = 1_800_000_000_000;
  #nextId = 0;
  readonly #timers = new Map<number, { atMs: number; fn: () => void }>();

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, fn: () => void): Timer {
    const id = this.#nextId++;
    this.#timers.set(id, { atMs: this.#nowMs + delayMs, fn });
    return { cancel: () => this.#timers.delete(id) };
  }

  soon(fn: () => void): void {
    this.after(TURN_MS, fn);
  }

  /** Delays of the timers that are set, from now, soonest first. */
  get pendingMs(): number[] {
    return [...this.#timers.values()].map((timer) => timer.atMs - this.#nowMs).sort((a, b) => a - b);
  }

  /** The process stands still, and then what was due runs late. */
  stall(ms: number): void {
    this.#nowMs += ms;
    this.advance(0);
  }

  advance(ms: number): void {
    const end = this.#nowMs + ms;
    for (;;) {
      const [next] = [...this.#timers]
        .filter(([, t]) => t.atMs <= end)
        .sort(([i, a], [j, b]) => a.atMs - b.atMs || i - j);
      if (next === undefined) break;
      this.#timers.delete(next[0]);
      this.#nowMs = Math.max(this.#nowMs, next[1].atMs);
      next[1].fn();
    }
    this.#nowMs = end;
  }
}

/** Lets promises that are already settled run their continuations. */
export async function settle(turns = 20): Promise<void> {
  for (let i = 0; i < turns; i++) await Promise.resolve();
}
