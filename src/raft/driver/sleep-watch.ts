import type { Clock } from "../../ports/clock.ts";

/** Less is how a wall clock is kept right, and how long reading two clocks may take. */
const SLEPT_MS_MIN = 25;

/**
 * Notices that the host was suspended: monotonic clocks stand still then, and wall clocks don't. A wall clock that is set
 * forward looks the same, which costs no more than a confirmation of the leader.
 */
export class SleepWatch {
  readonly #clock: Pick<Clock, "nowMs" | "monotonicMs">;
  /** How far the wall clock is ahead of the monotonic one. */
  #aheadMs: number;

  constructor(clock: Pick<Clock, "nowMs" | "monotonicMs">) {
    this.#clock = clock;
    this.#aheadMs = this.#readAheadMs();
  }

  /** Whether that has happened since the last call. */
  hasSlept(): boolean {
    const aheadMs = this.#readAheadMs();
    const grownMs = aheadMs - this.#aheadMs;
    this.#aheadMs = aheadMs;
    return grownMs > SLEPT_MS_MIN;
  }

  #readAheadMs(): number {
    return this.#clock.nowMs() - this.#clock.monotonicMs();
  }
}
