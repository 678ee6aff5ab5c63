import type { Clock, Timer } from "../../ports/clock.ts";

/**
 * A time after which silence counts. One that comes much too late shows that this process stood still: what it waits for
 * may have come in the meantime and lie in a socket, so it gets some more time, once.
 */
export class Deadline {
  readonly #clock: Clock;
  readonly #graceMs: number;
  readonly #onMissed: () => void;
  #dueMs: number;
  #timer: Timer;

  constructor(clock: Clock, delayMs: number, graceMs: number, onMissed: () => void) {
    this.#clock = clock;
    this.#graceMs = graceMs;
    this.#onMissed = onMissed;
    this.#dueMs = clock.monotonicMs() + delayMs;
    this.#timer = clock.after(delayMs, () => this.#onDue());
  }

  cancel(): void {
    this.#timer.cancel();
  }

  #onDue() {
    const lateMs = this.#clock.monotonicMs() - this.#dueMs;
    if (lateMs <= this.#graceMs) return this.#onMissed();
    this.#dueMs += lateMs + this.#graceMs;
    this.#timer = this.#clock.after(this.#graceMs, this.#onMissed);
  }
}
