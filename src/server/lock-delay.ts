import type { Clock } from "../ports/clock.ts";

/**
 * Keys whose holder's session ended lately: nobody gets their lock before the delay is over, so that the old holder has
 * time to notice. Kept in the leader's memory only, like Consul's.
 */
export class LockDelays {
  readonly #clock: Clock;
  readonly #untilMs = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  delay(keys: readonly string[], lockDelayNs: number): void {
    const untilMs = this.#clock.monotonicMs() + lockDelayNs / 1e6;
    for (const key of keys) {
      this.#untilMs.set(key, untilMs);
      this.#clock.after(lockDelayNs / 1e6, () => this.#expire(key));
    }
  }

  isDelayed(key: string): boolean {
    this.#expire(key);
    return this.#untilMs.has(key);
  }

  #expire(key: string): void {
    const untilMs = this.#untilMs.get(key);
    if (untilMs !== undefined && untilMs <= this.#clock.monotonicMs()) this.#untilMs.delete(key);
  }
}
