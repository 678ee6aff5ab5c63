import type { Clock } from "../ports/clock.ts";

/** Who goes on at once of those that are woken within `WINDOW_MS`, and in each turn of the loop of those behind them. */
const TURN_MAX = 64;
const WINDOW_MS = 100;

/**
 * Lets many go on a few at a time: thousands that are woken by one change, or all by a restore, would else hold the loop until the
 * last of them has its answer.
 */
export class Turns {
  readonly #clock: Clock;
  readonly #queue: (() => void)[] = [];
  #begunMs = Number.NEGATIVE_INFINITY;
  #taken = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Undefined for who may go on; else resolves in its turn. */
  take(): Promise<void> | undefined {
    if (this.#queue.length === 0) {
      const nowMs = this.#clock.monotonicMs();
      if (nowMs - this.#begunMs >= WINDOW_MS) {
        this.#begunMs = nowMs;
        this.#taken = 0;
      }
      this.#taken++;
      if (this.#taken <= TURN_MAX) return undefined;
      this.#clock.soon(() => this.#next());
    }
    return new Promise((resolve) => this.#queue.push(resolve));
  }

  #next(): void {
    for (const resolve of this.#queue.splice(0, TURN_MAX)) resolve();
    if (this.#queue.length > 0) this.#clock.soon(() => this.#next());
  }
}
