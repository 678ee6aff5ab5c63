import type { Clock } from "../ports/clock.ts";
import { POLL_MS } from "./latch.ts";

/** How long `acquire` may still wait. */
export class Deadline {
  readonly #clock: Clock;
  readonly #endMs: number | undefined;
  #asked = false;

  /** `timeoutMs` 0 means without end. */
  constructor(clock: Clock, timeoutMs: number) {
    this.#clock = clock;
    this.#endMs = timeoutMs > 0 ? clock.monotonicMs() + timeoutMs : undefined;
  }

  /** The `wait` of the next poll as Consul writes it, or `undefined` when the time is over. The first poll always is. */
  nextWait(): string | undefined {
    const leftMs = this.#endMs === undefined ? POLL_MS : Math.ceil(this.#endMs - this.#clock.monotonicMs());
    if (this.#asked && leftMs <= 0) return undefined;
    this.#asked = true;
    return `${Math.max(1, Math.min(leftMs, POLL_MS))}ms`;
  }

  /** `ms`, or what is left when that is less. */
  clip(ms: number): number {
    return this.#endMs === undefined ? ms : Math.max(0, Math.min(ms, this.#endMs - this.#clock.monotonicMs()));
  }
}
