import type { Clock, Timer } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import type { Propose } from "./propose.ts";

/** Consul's: a deletion is remembered for 15 minutes, looked at every 30 seconds. */
const TOMBSTONE_TTL_MS = 15 * 60_000;
const GRANULARITY_MS = 30_000;

/** Forgets old deletions: remembers which index tombstones had reached when, and reaps up to the index of 15 minutes ago. */
export class TombstoneReaper {
  readonly #propose: Propose;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #newest: () => number;
  #seen: { index: number; atMs: number }[] = [];
  #timer: Timer | undefined;

  constructor(deps: { propose: Propose; clock: Clock; log: Logger; newest: () => number }) {
    this.#propose = deps.propose;
    this.#clock = deps.clock;
    this.#log = deps.log;
    this.#newest = deps.newest;
  }

  start(): void {
    this.#timer = this.#clock.after(GRANULARITY_MS, () => {
      this.#look();
      this.start();
    });
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#seen = [];
  }

  #look(): void {
    const atMs = this.#clock.monotonicMs();
    const index = this.#newest();
    if (index > (this.#seen.at(-1)?.index ?? 0)) this.#seen.push({ index, atMs });
    const old = this.#seen.filter((mark) => atMs - mark.atMs >= TOMBSTONE_TTL_MS).at(-1);
    if (old === undefined) return;
    this.#seen = this.#seen.filter((mark) => mark.index > old.index);
    this.#propose({ type: "kv.reap-tombstones", index: old.index }).catch((error: unknown) => {
      if (this.#timer === undefined) return;
      this.#seen.unshift(old);
      this.#log.warn("tombstones could not be reaped, will try again", { error: String(error) });
    });
  }
}
