import type { Clock, Timer } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import type { Meter } from "../ports/meter.ts";
import type { LogStore, StateKeeper, StateMachine } from "./types.ts";

/** When the state is snapshotted and how much of the log stays. Defaults are those of Consul 1.8's servers. */
export interface SnapshotPolicy {
  intervalMs: number;
  /** Entries since the last snapshot that make a new one worth it. */
  thresholdEntries: number;
  /** Entries before the snapshot that stay in the log, for followers that lag. */
  trailingEntries: number;
}

export const SNAPSHOT_POLICY: SnapshotPolicy = { intervalMs: 30_000, thresholdEntries: 16384, trailingEntries: 10_000 };

const TICK_MS = 250;
const CHECKPOINT_WAL_BYTES = 4 * 1024 * 1024;
/** Under steady load some transaction is always open; when the log is this long, applying pauses so that it can end. */
const PAUSE_WAL_BYTES = 6 * 1024 * 1024;
/** Without writes for this long, the write-ahead log is emptied: the next start has nothing to recover. */
const IDLE_TICKS = 30_000 / TICK_MS;
/** Under load a checkpoint follows the other within this time, so that the keeper rests only when there is little to do. */
const REST_TICKS = 5_000 / TICK_MS;

export interface UpkeepDeps {
  machine: StateMachine;
  store: LogStore;
  keeper: StateKeeper;
  clock: Clock;
  log: Logger;
  meter: Meter;
  policy: SnapshotPolicy;
  /** Flushes the state machine and applies nothing while `run` is under way. */
  holdApply<T>(run: () => Promise<T>): Promise<T>;
}

/** Keeps the state's write-ahead log and the Raft log short, for as long as the server runs. */
export class Upkeep {
  readonly #deps: UpkeepDeps;
  #timer: Timer | undefined;
  #running: Promise<void> = Promise.resolve();
  #stopped = false;
  #seenIndex = -1;
  #idleTicks = 0;
  #ticksSinceJob = 0;
  #snapshotDueMs: number;

  constructor(deps: UpkeepDeps) {
    this.#deps = deps;
    this.#snapshotDueMs = deps.clock.monotonicMs() + deps.policy.intervalMs;
  }

  start(): void {
    this.#timer = this.#deps.clock.after(TICK_MS, () => {
      this.#running = this.#tick();
    });
  }

  /** Resolves when nothing of it runs any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#running;
  }

  async #tick(): Promise<void> {
    try {
      await this.#checkpoint();
      if (this.#deps.clock.monotonicMs() >= this.#snapshotDueMs) await this.#snapshot();
      if (++this.#ticksSinceJob % REST_TICKS === 0) await this.#deps.keeper.rest();
    } catch (error) {
      // Such as a full disk. Nothing is lost: both logs stay longer until it works again.
      this.#deps.log.warn("upkeep of the data directory failed", { error: String(error) });
    }
    if (!this.#stopped) this.start();
  }

  async #checkpoint(): Promise<void> {
    const { machine, keeper, meter, holdApply } = this.#deps;
    if (machine.appliedIndex === this.#seenIndex) {
      this.#idleTicks++;
      if (this.#idleTicks !== IDLE_TICKS) return;
      this.#ticksSinceJob = 0;
      await holdApply(() => keeper.truncateWal());
      return;
    }
    this.#seenIndex = machine.appliedIndex;
    this.#idleTicks = 0;
    if ((await keeper.walBytesToMove()) < CHECKPOINT_WAL_BYTES) return;
    this.#ticksSinceJob = 0;
    const length = await keeper.checkpoint();
    if (length > PAUSE_WAL_BYTES) await holdApply(() => keeper.checkpoint());
    meter.count("state.checkpoint");
  }

  async #snapshot(): Promise<void> {
    const { machine, store, keeper, clock, log, meter, policy } = this.#deps;
    this.#snapshotDueMs = clock.monotonicMs() + policy.intervalMs;
    if (machine.appliedIndex - (keeper.snapshots[0]?.index ?? 0) < policy.thresholdEntries) return;
    const startMs = clock.monotonicMs();
    this.#ticksSinceJob = 0;
    machine.flush();
    const { index, bytes } = await keeper.takeSnapshot();
    meter.sample("raft.snapshot.create", clock.monotonicMs() - startMs);
    log.info("snapshot taken", { index, bytes });
    // The log reaches back to the oldest snapshot kept, so that each of them is enough to rebuild the state.
    const compactTo = Math.min(index - policy.trailingEntries, keeper.snapshots.at(-1)?.index ?? 0);
    if (compactTo > 0) await store.compact(compactTo);
  }
}
