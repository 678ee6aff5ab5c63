import type { Clock, Timer } from "../../ports/clock.ts";

/**
 * A clock that notices when this process stood still: its timers are late then. Who has been silent meanwhile may have
 * answered, and the answer lies in a socket, or was missed.
 */
export class StallClock implements Clock {
  readonly #clock: Clock;
  readonly #lateMs: number;
  #wentOnMs = Number.NEGATIVE_INFINITY;

  /** A timer that is late by more than `lateMs` is the sign. */
  constructor(clock: Clock, lateMs: number) {
    this.#clock = clock;
    this.#lateMs = lateMs;
  }

  /** When it last went on after it stood still, on the monotonic clock. */
  get wentOnMs(): number {
    return this.#wentOnMs;
  }

  nowMs(): number {
    return this.#clock.nowMs();
  }

  monotonicMs(): number {
    return this.#clock.monotonicMs();
  }

  after(delayMs: number, fn: () => void): Timer {
    const dueMs = this.#clock.monotonicMs() + delayMs;
    return this.#clock.after(delayMs, () => {
      const nowMs = this.#clock.monotonicMs();
      if (nowMs - dueMs > this.#lateMs) this.#wentOnMs = nowMs;
      fn();
    });
  }

  soon(fn: () => void): void {
    this.#clock.soon(fn);
  }
}
