import { type Coordinate, distanceS } from "../lib/coordinate.ts";
import type { Clock, Timer } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import type { Random } from "../ports/random.ts";

/** Consul's figures: each agent sends every 15 s, and all together not more than 64 a second. */
const INTERVAL_MS_MIN = 15_000;
/** By then the first pings are answered. */
const FIRST_MS = 5_000;
const UPDATES_PER_S_MAX = 64;
/** A coordinate that hardly moved is not worth a write on a majority of disks, but is said again from time to time. */
const MOVED_S_MIN = 0.0005;
const UNMOVED_MS_MAX = 10 * 60_000;

export interface CoordinateSenderDeps {
  /** Where the gossip of this agent puts it. */
  coordinate(): Coordinate;
  send(coordinate: Coordinate): Promise<void>;
  /** Members of the pool. */
  size(): number;
  readonly clock: Clock;
  readonly random: Pick<Random, "float">;
  readonly log: Logger;
}

/** Brings this agent's network coordinate into the catalog, as often as it is worth it. */
export class CoordinateSender {
  readonly #deps: CoordinateSenderDeps;
  #timer: Timer | undefined;
  #sent: Coordinate | undefined;
  #sentMs = 0;
  #isStopped = false;

  constructor(deps: CoordinateSenderDeps) {
    this.#deps = deps;
  }

  /** The first time soon, since nobody can measure a distance to this node before. */
  start(): void {
    this.#arm(FIRST_MS);
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  async #round(): Promise<void> {
    const { coordinate, send, clock, log } = this.#deps;
    const own = coordinate();
    if (this.#isDue(own)) {
      try {
        await send(own);
        this.#sent = own;
        this.#sentMs = clock.monotonicMs();
      } catch (error) {
        log.debug("could not tell the coordinate", { error: (error as Error).message });
      }
    }
    if (!this.#isStopped) this.#arm(INTERVAL_MS_MIN);
  }

  #arm(intervalMsMin: number): void {
    const { size, random, clock } = this.#deps;
    const intervalMs = Math.max(intervalMsMin, (size() / UPDATES_PER_S_MAX) * 1000);
    this.#timer = clock.after(intervalMs * (1 + random.float()), () => void this.#round());
  }

  #isDue(own: Coordinate): boolean {
    if (this.#sent === undefined || this.#deps.clock.monotonicMs() - this.#sentMs >= UNMOVED_MS_MAX) return true;
    const withoutHeights = { ...own, Height: 0, Adjustment: 0 };
    const moved = distanceS(withoutHeights, { ...this.#sent, Height: 0, Adjustment: 0 });
    const heights = Math.abs(own.Height - this.#sent.Height) + Math.abs(own.Adjustment - this.#sent.Adjustment);
    return moved + heights >= MOVED_S_MIN;
  }
}
