import type { Clock, Timer } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import type { Propose } from "./propose.ts";

/** Keys deleted by one log entry at the most. */
const EXPIRE_KEYS_MAX = 256;
/** A timer can't be set further than this; it then looks again. */
const SLEEP_MS_MAX = 24 * 3600 * 1000;
const RETRY_MS = 1000;

interface Expiry {
  key: string;
  modifyIndex: number;
  expiresAtMs: number;
}

/**
 * Deletes keys whose time is over. The deletion is a log entry made by the leader: every server forgets the key at the
 * same index, whatever its clock says.
 */
export class KvExpiry {
  readonly #propose: Propose;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #next: (limit: number) => Expiry[];
  #timer: Timer | undefined;
  #dueAtMs = Number.POSITIVE_INFINITY;
  #running = false;
  #isLeading = false;

  constructor(deps: { propose: Propose; clock: Clock; log: Logger; next: (limit: number) => Expiry[] }) {
    this.#propose = deps.propose;
    this.#clock = deps.clock;
    this.#log = deps.log;
    this.#next = deps.next;
  }

  /** Leading begins. */
  lead(): void {
    this.#isLeading = true;
    this.schedule();
  }

  /** Call after each write with a time to live. */
  schedule(expiresAtMs = this.#next(1)[0]?.expiresAtMs): void {
    if (!this.#isLeading || expiresAtMs === undefined || expiresAtMs >= this.#dueAtMs) return;
    this.#timer?.cancel();
    this.#dueAtMs = expiresAtMs;
    const delayMs = Math.min(Math.max(0, expiresAtMs - this.#clock.nowMs()), SLEEP_MS_MAX);
    this.#timer = this.#clock.after(delayMs, () => void this.#expire());
  }

  stop(): void {
    this.#isLeading = false;
    this.#timer?.cancel();
    this.#dueAtMs = Number.POSITIVE_INFINITY;
  }

  async #expire(): Promise<void> {
    this.#dueAtMs = Number.POSITIVE_INFINITY;
    if (this.#running) return;
    this.#running = true;
    try {
      const nowMs = this.#clock.nowMs();
      const keys = this.#next(EXPIRE_KEYS_MAX).filter((expiry) => expiry.expiresAtMs <= nowMs);
      if (keys.length > 0) await this.#propose({ type: "kv.expire", keys });
      this.schedule();
    } catch (error) {
      if (!this.#isLeading) return;
      this.#log.warn("expired keys could not be deleted, will try again", { error: String(error) });
      this.schedule(this.#clock.nowMs() + RETRY_MS);
    } finally {
      this.#running = false;
    }
  }
}
