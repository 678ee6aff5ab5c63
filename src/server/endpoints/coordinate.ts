import { Refusal } from "../../lib/refusal.ts";
import type { Clock, Timer } from "../../ports/clock.ts";
import type { Logger } from "../../ports/logger.ts";
import type { CoordinateUpdate } from "../../state/coordinates/commands.ts";
import type { Propose } from "../propose.ts";

/** Consul's `coordinate_update_period`, `coordinate_update_batch_size` and `coordinate_update_max_batches`. */
const UPDATE_PERIOD_MS = 5000;
const BATCH_UPDATES_MAX = 128;
const BATCHES_MAX = 5;
const DIMENSIONS = 8;

/**
 * Coordinates as the leader takes them: every agent sends its own all the time, so they are gathered and written in
 * batches. They are estimates: what is more than the batches hold is dropped, and so is a batch that can't be written.
 */
export class CoordinateEndpoint {
  readonly #propose: Propose;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #pending = new Map<string, CoordinateUpdate>();
  #timer: Timer | undefined;

  constructor(deps: { propose: Propose; clock: Clock; log: Logger }) {
    this.#propose = deps.propose;
    this.#clock = deps.clock;
    this.#log = deps.log;
  }

  /** Takes a node's coordinate; the last one of a period counts. Refuses one that no other can be compared with. */
  update(update: CoordinateUpdate): void {
    if (!isUsable(update)) throw new Refusal("incompatible coordinate");
    const key = `${update.Segment}/${update.Node.toLowerCase()}`;
    if (!this.#pending.has(key) && this.#pending.size >= BATCH_UPDATES_MAX * BATCHES_MAX) {
      this.#log.warn("discarded a coordinate update: too many in one period");
      return;
    }
    this.#pending.set(key, update);
    this.#timer ??= this.#clock.after(UPDATE_PERIOD_MS, () => this.flush());
  }

  /** Writes what was gathered. */
  flush(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const updates = [...this.#pending.values()];
    this.#pending.clear();
    for (let at = 0; at < updates.length; at += BATCH_UPDATES_MAX) {
      const batch = updates.slice(at, at + BATCH_UPDATES_MAX);
      this.#propose({ type: "coordinate.batch-update", updates: batch }).catch((error: unknown) =>
        this.#log.warn("batch of coordinates not written", { error: String(error) }),
      );
    }
  }

  /** Forgets what was gathered: agents tell it to the next leader soon. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#pending.clear();
  }
}

function isUsable({ Coord }: CoordinateUpdate): boolean {
  const numbers = [...Coord.Vec, Coord.Error, Coord.Adjustment, Coord.Height];
  return Coord.Vec.length === DIMENSIONS && numbers.every(Number.isFinite);
}
