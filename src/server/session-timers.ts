import type { Clock, Timer } from "../ports/clock.ts";

/** Consul ends a session at twice its TTL: between one and two TTLs is all that clients may count on. */
const TTL_FACTOR = 2;

/** The leader's clocks of sessions with a time to live. A new leader starts them all anew; elsewhere none runs. */
export class SessionTimers {
  readonly #clock: Clock;
  readonly #onExpired: (id: string) => void;
  readonly #timers = new Map<string, Timer>();
  #isLeading = false;

  constructor(clock: Clock, onExpired: (id: string) => void) {
    this.#clock = clock;
    this.#onExpired = onExpired;
  }

  lead(): void {
    this.#isLeading = true;
  }

  /** Starts or renews; a TTL of 0 has no end. */
  start(id: string, ttlMs: number): void {
    this.stop(id);
    if (ttlMs <= 0 || !this.#isLeading) return;
    const expire = () => {
      this.#timers.delete(id);
      this.#onExpired(id);
    };
    this.#timers.set(id, this.#clock.after(ttlMs * TTL_FACTOR, expire));
  }

  stop(id: string): void {
    this.#timers.get(id)?.cancel();
    this.#timers.delete(id);
  }

  stopAll(): void {
    this.#isLeading = false;
    for (const id of this.#timers.keys()) this.stop(id);
  }
}
