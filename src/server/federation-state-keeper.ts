import type { Clock, Timer } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import type { StateDb } from "../state/db.ts";
import { federationStateGet, meshGateways } from "../state/federation-states/queries.ts";
import type { Publisher } from "../state/publisher.ts";
import type { Propose } from "./propose.ts";

/** What happens meanwhile is one change. */
const ROUND_GAP_MS = 100;
const RETRY_MS = 1000;

/** RFC 3339 as Go writes it: without zeros at the end of the second. */
const goTime = (ms: number) => new Date(ms).toISOString().replace(/\.?0+Z$/, "Z");

export interface FederationStateKeeperDeps {
  datacenter: string;
  db: StateDb;
  publisher: Pick<Publisher, "subscribe">;
  propose: Propose;
  clock: Clock;
  log: Logger;
}

/**
 * Keeps what this datacenter says of itself in line with its mesh gateways while this server leads. It is woken by changes of them
 * alone: a datacenter without mesh gateways writes once, and never looks again.
 */
export class FederationStateKeeper {
  readonly #deps: FederationStateKeeperDeps;
  #isLeading = false;
  #isRunning = false;
  #timer: Timer | undefined;
  #unsubscribe: (() => void) | undefined;

  constructor(deps: FederationStateKeeperDeps) {
    this.#deps = deps;
  }

  /** Leading begins, or all state is another one. */
  lead(): void {
    this.stop();
    this.#isLeading = true;
    void this.#round();
  }

  stop(): void {
    this.#isLeading = false;
    this.#timer?.cancel();
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
  }

  async #round(): Promise<void> {
    const { datacenter, db, publisher, propose, clock, log } = this.#deps;
    // A round that runs looks again at its end.
    if (this.#isRunning) return;
    this.#unsubscribe?.();
    const { value, interest } = meshGateways(db);
    this.#unsubscribe = publisher.subscribe(interest, () => this.#after(ROUND_GAP_MS));
    const before = federationStateGet(db, datacenter).value;
    if (before !== undefined && JSON.stringify(before.MeshGateways ?? []) === JSON.stringify(value)) return;
    const UpdatedAt = goTime(clock.nowMs());
    this.#isRunning = true;
    let delayMs = ROUND_GAP_MS;
    try {
      await propose({
        type: "federation-state.set",
        state: { Datacenter: datacenter, MeshGateways: value, UpdatedAt },
      });
      log.debug("wrote the mesh gateways of this datacenter", { gateways: String(value.length) });
    } catch (error) {
      delayMs = RETRY_MS;
      if (this.#isLeading) {
        log.warn("could not write the mesh gateways of this datacenter, will try again", { error: String(error) });
      }
    }
    this.#isRunning = false;
    this.#after(delayMs);
  }

  #after(delayMs: number): void {
    this.#timer?.cancel();
    if (!this.#isLeading) return;
    this.#timer = this.#deps.clock.after(delayMs, () => void this.#round());
  }
}
