import type { Clock, Timer } from "../../ports/clock.ts";

/** One timer for a deadline that moves all the time, mostly to later. */
export class DeadlineTimer {
  readonly #clock: Clock;
  readonly #onDue: () => void;
  #dueMs = Number.POSITIVE_INFINITY;
  #timer: Timer | undefined;
  #timerMs = Number.POSITIVE_INFINITY;

  constructor(clock: Clock, onDue: () => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  /** `onDue` is called at `dueMs` of the monotonic clock, unless another time is set before. Infinity: never. */
  set(dueMs: number): void {
    this.#dueMs = dueMs;
    // A timer that comes too early looks again: cheaper than a new one for each move.
    if (dueMs === Number.POSITIVE_INFINITY || this.#timerMs <= dueMs) return;
    this.#timer?.cancel();
    this.#timerMs = dueMs;
    this.#timer = this.#clock.after(Math.max(0, dueMs - this.#clock.monotonicMs()), () => this.#look());
  }

  #look(): void {
    this.#timer = undefined;
    this.#timerMs = Number.POSITIVE_INFINITY;
    if (this.#clock.monotonicMs() >= this.#dueMs) this.#onDue();
    else this.set(this.#dueMs);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#timerMs = Number.NEGATIVE_INFINITY;
  }
}
