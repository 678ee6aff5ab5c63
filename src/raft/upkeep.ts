import type { Clock, Timer } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import type { Meter } from "../ports/meter.ts";
import type { IndexedConfiguration } from "./configuration.ts";
import type { Progress } from "./core/types.ts";
import { LogSizes } from "./log-sizes.ts";
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

/** For a follower that is being fed from the log, so many times more stays: a snapshot would cost it more. */
const FED_TRAILING_FACTOR = 3;

/** Large entries make a snapshot worth it sooner: so many bytes, or as many as the state has. */
const SNAPSHOT_LOG_BYTES = 64 * 1024 * 1024;
/** Of large entries fewer stay for followers that lag. */
const TRAILING_BYTES_MAX = 64 * 1024 * 1024;

const TICK_MS = 250;
/** Between looks while nothing is written; the next write ends the pause. */
const PAUSE_MS = 10_000;
const CHECKPOINT_WAL_BYTES = 4 * 1024 * 1024;
/** Under steady load some transaction is always open; when the log is this long, applying pauses so that it can end. */
const PAUSE_WAL_BYTES = 6 * 1024 * 1024;
/** Without writes for this long, the write-ahead log is emptied: the next start has nothing to recover. */
const IDLE_MS = 30_000;
/** Under load a checkpoint follows the other within this time, so that the keeper rests only when there is little to do. */
const REST_MS = 5_000;

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
  /** Applies no configuration while `run` is under way. */
  holdConfigurations<T>(run: () => Promise<T>): Promise<T>;
  /** Runs it while nothing else cuts or replaces the log. */
  exclusively<T>(run: () => Promise<T>): Promise<T>;
  /** The newest configuration at or before `index`. */
  configurationAsOf(index: number): IndexedConfiguration;
  /** How far the followers are; empty but on the leader. */
  progress(): readonly Progress[];
  /** The log begins behind `index` now. */
  onCompacted(index: number): void;
}

/** Keeps the state's write-ahead log and the Raft log short, for as long as the server runs. */
export class Upkeep {
  readonly #deps: UpkeepDeps;
  #timer: Timer | undefined;
  #running: Promise<void> = Promise.resolve();
  #stopped = false;
  #seenIndex = -1;
  #paused = false;
  #writtenMs: number;
  #isWalEmpty = false;
  #jobMs: number;
  #snapshotDueMs: number;
  #hasFailed = false;
  readonly #sizes = new LogSizes();

  constructor(deps: UpkeepDeps) {
    this.#deps = deps;
    const now = deps.clock.monotonicMs();
    this.#writtenMs = now;
    this.#jobMs = now;
    this.#snapshotDueMs = now + deps.policy.intervalMs;
  }

  start(): void {
    this.#timer = this.#deps.clock.after(this.#paused || this.#hasFailed ? PAUSE_MS : TICK_MS, () => {
      this.#running = this.#tick();
    });
  }

  /** Entries up to `index` were applied, `bytes` of data: called for each batch. */
  applied(index: number, bytes: number): void {
    this.#sizes.add(index, bytes);
    if (!this.#paused || this.#stopped) return;
    this.#paused = false;
    this.#timer?.cancel();
    this.start();
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
      if (this.#isSnapshotDue()) await this.#deps.exclusively(() => this.#snapshot());
      await this.#rest();
      this.#hasFailed = false;
    } catch (error) {
      this.#hasFailed = true;
      // Such as a full disk. Nothing is lost: both logs stay longer until it works again.
      this.#deps.log.warn("upkeep of the data directory failed", { error: String(error) });
    }
    if (!this.#stopped) this.start();
  }

  async #checkpoint(): Promise<void> {
    const { machine, keeper, meter, clock, holdApply } = this.#deps;
    const now = clock.monotonicMs();
    if (machine.appliedIndex === this.#seenIndex) {
      this.#paused = this.#isWalEmpty;
      if (this.#isWalEmpty || now - this.#writtenMs < IDLE_MS) return;
      this.#jobMs = now;
      await holdApply(() => keeper.truncateWal());
      this.#isWalEmpty = true;
      return;
    }
    this.#seenIndex = machine.appliedIndex;
    this.#writtenMs = now;
    this.#isWalEmpty = false;
    if ((await keeper.walBytesToMove()) < CHECKPOINT_WAL_BYTES) return;
    this.#jobMs = now;
    const length = await keeper.checkpoint();
    if (length > PAUSE_WAL_BYTES) await holdApply(() => keeper.checkpoint());
    meter.count("state.checkpoint");
  }

  async #rest(): Promise<void> {
    const now = this.#deps.clock.monotonicMs();
    if (now - this.#jobMs < REST_MS) return;
    this.#jobMs = now;
    await this.#deps.keeper.rest();
  }

  #isSnapshotDue(): boolean {
    const { machine, keeper, clock, policy } = this.#deps;
    const { index, bytes } = keeper.snapshots[0] ?? { index: 0, bytes: 0 };
    if (this.#sizes.behind(index) >= Math.max(SNAPSHOT_LOG_BYTES, bytes)) return machine.appliedIndex > index;
    const nowMs = clock.monotonicMs();
    if (nowMs < this.#snapshotDueMs) return false;
    this.#snapshotDueMs = nowMs + policy.intervalMs;
    return machine.appliedIndex - index >= policy.thresholdEntries;
  }

  async #snapshot(): Promise<void> {
    const { machine, keeper, clock, log, meter, policy, holdConfigurations, configurationAsOf } = this.#deps;
    this.#snapshotDueMs = clock.monotonicMs() + policy.intervalMs;
    const startMs = clock.monotonicMs();
    this.#jobMs = startMs;
    // More entries may be applied before the keeper looks, but no configuration: the one of now holds for them too.
    const { index, bytes } = await holdConfigurations(() => {
      machine.flush();
      return keeper.takeSnapshot(configurationAsOf(machine.appliedIndex));
    });
    meter.sample("raft.snapshot.create", clock.monotonicMs() - startMs);
    log.info("snapshot taken", { index, bytes });
    await this.#compact(index);
  }

  /** Cuts the log behind the snapshot of `index`. */
  async #compact(index: number): Promise<void> {
    const { store, keeper, policy, progress, onCompacted } = this.#deps;
    const fed = progress().filter(({ state, match }) => state !== "snapshot" && match > 0);
    const needed = Math.min(...fed.map(({ match }) => match));
    const before = (factor: number) =>
      Math.max(index - factor * policy.trailingEntries, this.#sizes.before(factor * TRAILING_BYTES_MAX));
    const compactTo = Math.min(
      before(1),
      // The log reaches back to the oldest snapshot kept, so that each of them is enough to rebuild the state.
      keeper.snapshots.at(-1)?.index ?? 0,
      Math.max(needed, before(FED_TRAILING_FACTOR)),
    );
    if (compactTo <= 0) return;
    await store.compact(compactTo);
    this.#sizes.forget(compactTo);
    onCompacted(compactTo);
  }
}
