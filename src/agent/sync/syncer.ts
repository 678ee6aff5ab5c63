import type { Clock, Timer } from "../../ports/clock.ts";
import type { Logger } from "../../ports/logger.ts";
import type { Random } from "../../ports/random.ts";
import { FULL_SYNC_INTERVAL_MS, fullSyncDelayMs, fullSyncRetryMs, pushRetryMs, serverUpDelayMs } from "./schedule.ts";

/** The part of AntiEntropy that the syncer drives. */
export interface Reconciler {
  compare(): Promise<void>;
  /** True when a comparison is due soon. */
  push(): Promise<boolean>;
}

export interface SyncerOptions {
  reconciler: Reconciler;
  clock: Clock;
  random: Random;
  log: Logger;
  /** Members of the cluster; stretches the interval. */
  clusterSize: () => number;
  fullSyncIntervalMs?: number;
}

/** Who asks for a comparison may ask again and again: a write that is refused, a member of the pool. */
const COMPARE_SOON_MS = 500;

/** What the way to the servers says when it leads nowhere (Consul's words). */
const NO_SERVERS = "No known Consul servers";

/**
 * Decides when to compare and when to write; one of them at a time. Changes that come while one runs are written by the
 * next run together.
 */
export class Syncer {
  readonly #options: SyncerOptions;
  #running: Promise<void> | undefined;
  #fullTimer: Timer | undefined;
  #fullDueMs = Number.POSITIVE_INFINITY;
  #retryTimer: Timer | undefined;
  #fullWanted = false;
  #pushWanted = false;
  #pushFailures = 0;
  #paused = 0;
  #stopped = false;
  #hasCompared = false;

  constructor(options: SyncerOptions) {
    this.#options = options;
  }

  /** Compares and writes everything now, and from then on by itself. */
  start(): void {
    this.fullSync();
  }

  /** Something changed here: writes it as soon as possible. */
  changed(): void {
    this.#pushWanted = true;
    this.#run();
  }

  /** Compares as soon as possible. */
  fullSync(): void {
    this.#fullWanted = true;
    this.#run();
  }

  /**
   * Servers came within reach: one joined, another one leads, a connection is back. Compares soon, not at the same time as
   * all other agents, and not later for being told again.
   */
  serverUp(): void {
    const { clusterSize, random } = this.#options;
    this.#armFullBy(serverUpDelayMs(clusterSize(), random.float()));
  }

  /** Something of this node may be another in the catalog: compares soon, once for all who say so until then. */
  compareSoon(): void {
    this.#armFullBy(COMPARE_SOON_MS);
  }

  /** No writes until `resume`, so that a reload is seen as one change. Calls nest. */
  pause(): void {
    this.#paused++;
  }

  resume(): void {
    this.#paused = Math.max(0, this.#paused - 1);
    this.#run();
  }

  /** Resolves when nothing runs and nothing is wanted now; timers may still be armed. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  stop(): void {
    this.#stopped = true;
    this.#fullTimer?.cancel();
    this.#retryTimer?.cancel();
  }

  #run(): void {
    if (this.#running !== undefined || this.#stopped || this.#paused > 0) return;
    if (!this.#fullWanted && !this.#pushWanted) return;
    this.#running = this.#drain().finally(() => {
      this.#running = undefined;
      this.#run();
    });
  }

  async #drain(): Promise<void> {
    // Lets calls of the same turn (a service and its checks) become one write.
    await Promise.resolve();
    // Paused meanwhile, it goes on after that.
    if (this.#fullWanted && this.#paused === 0) await this.#compare();
    if (this.#pushWanted && this.#paused === 0) await this.#push();
  }

  async #compare(): Promise<void> {
    const { reconciler, random, clusterSize, fullSyncIntervalMs = FULL_SYNC_INTERVAL_MS, log } = this.#options;
    this.#fullWanted = false;
    this.#fullTimer?.cancel();
    this.#fullDueMs = Number.POSITIVE_INFINITY;
    try {
      await reconciler.compare();
      this.#pushWanted = true;
      this.#armFull(fullSyncDelayMs(fullSyncIntervalMs, clusterSize(), random.float()));
      this.#hasCompared = true;
    } catch (error) {
      // An agent that has just started has not found the others yet.
      const isEarly = !this.#hasCompared && textOf(error) === NO_SERVERS;
      if (isEarly) log.info("not in the catalog yet: no server is known");
      else log.error("failed to sync remote state", { error: textOf(error) });
      this.#armFull(fullSyncRetryMs(clusterSize(), random.float()));
    }
  }

  async #push(): Promise<void> {
    const { reconciler, clock, random, log } = this.#options;
    this.#pushWanted = false;
    this.#retryTimer?.cancel();
    try {
      const wantsCompare = await reconciler.push();
      this.#pushFailures = 0;
      if (wantsCompare) this.compareSoon();
    } catch (error) {
      this.#pushFailures++;
      log.error("failed to sync changes", { error: textOf(error) });
      this.#retryTimer = clock.after(pushRetryMs(this.#pushFailures, random.float()), () => this.changed());
    }
  }

  /** Unless it is due sooner already. */
  #armFullBy(delayMs: number): void {
    if (this.#options.clock.monotonicMs() + delayMs < this.#fullDueMs) this.#armFull(delayMs);
  }

  #armFull(delayMs: number): void {
    if (this.#stopped) return;
    this.#fullTimer?.cancel();
    this.#fullDueMs = this.#options.clock.monotonicMs() + delayMs;
    this.#fullTimer = this.#options.clock.after(delayMs, () => this.fullSync());
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
