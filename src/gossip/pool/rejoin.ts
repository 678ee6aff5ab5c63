import type { Clock, Timer } from "../../ports/clock.ts";
import type { Logger } from "../../ports/logger.ts";
import type { Endpoint } from "../messages.ts";
import { endpointText } from "./endpoints.ts";

/** Members tried in one round, one after the other: one that answers brings all others. */
const ROUND_MAX = 16;
/** Between rounds: a machine that starts may get its network after this program. */
const PAUSE_MS_MIN = 5_000;
const PAUSE_MS_MAX = 300_000;

export interface RejoinOptions {
  /** Where members were before this start. */
  readonly targets: readonly { readonly name: string; readonly at: Endpoint }[];
  readonly join: (to: Endpoint) => Promise<unknown>;
  /** Whether no other member is known to live. */
  readonly isAlone: () => boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Brings a member that starts again back to those that it knew, until there is one that lives. */
export class Rejoin {
  readonly #options: RejoinOptions;
  #next = 0;
  #pauseMs = PAUSE_MS_MIN;
  #timer: Timer | undefined;
  #isClosed = false;

  constructor(options: RejoinOptions) {
    this.#options = options;
  }

  /** Returns at once. */
  start(): void {
    if (this.#options.targets.length > 0) void this.#round();
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
  }

  async #round(): Promise<void> {
    const { targets, isAlone, clock, log } = this.#options;
    for (let left = Math.min(ROUND_MAX, targets.length); left > 0; left--) {
      if (this.#isClosed || !isAlone()) return;
      const target = targets[this.#next++ % targets.length];
      if (target !== undefined && (await this.#try(target))) return;
    }
    if (this.#isClosed) return;
    log.warn("none of the members that were known before could be joined; trying again", {
      tried: Math.min(ROUND_MAX, targets.length),
      seconds: this.#pauseMs / 1000,
    });
    this.#timer = clock.after(this.#pauseMs, () => void this.#round());
    this.#pauseMs = Math.min(2 * this.#pauseMs, PAUSE_MS_MAX);
  }

  async #try({ name, at }: { readonly name: string; readonly at: Endpoint }): Promise<boolean> {
    const { join, log } = this.#options;
    log.info("trying to join a member that was known before", { member: name, address: endpointText(at) });
    try {
      await join(at);
      log.info("joined again", { member: name, address: endpointText(at) });
      return true;
    } catch (error) {
      log.debug("can't be joined", { member: name, error: error instanceof Error ? error.message : String(error) });
      return false;
    }
  }
}
