import type { Clock } from "../../ports/clock.ts";

const MS_PER_SECOND = 1000;

/** So many in a second, however many are asked for. */
export class RateLimit {
  readonly #clock: Clock;
  readonly #perSecond: number;
  #secondMs = Number.NEGATIVE_INFINITY;
  #count = 0;

  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock;
    this.#perSecond = perSecond;
  }

  /** Counts one more; false when it is too many. */
  take(): boolean {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#secondMs >= MS_PER_SECOND) {
      this.#secondMs = nowMs;
      this.#count = 0;
    }
    return ++this.#count <= this.#perSecond;
  }
}
