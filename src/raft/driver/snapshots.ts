import { assert } from "../../lib/assert.ts";
import { Refusal } from "../../lib/refusal.ts";
import type { Logger } from "../../ports/logger.ts";
import type { SnapshotMeta } from "../core/messages.ts";
import type { Effect, Event } from "../core/types.ts";
import type { Entry, LogStore, StateKeeper, StateMachine } from "../types.ts";

type Of<T extends Effect["type"]> = Extract<Effect, { type: T }>;

export interface SnapshotsDeps {
  keeper: StateKeeper;
  store: LogStore;
  machine: StateMachine;
  log: Logger;
  step(event: Event): void;
  /** Flushes the state machine and applies nothing while `run` is under way. */
  holdApply<T>(run: () => Promise<T>): Promise<T>;
  /** All rows are others than before, and what waited for them has been woken. */
  onReloaded(): void;
  onFatal(reason: string): void;
}

/** Snapshots on their way between servers, and the entries that replace the state as a whole. */
export class Snapshots {
  readonly #deps: SnapshotsDeps;
  #lane: Promise<unknown> = Promise.resolve();

  constructor(deps: SnapshotsDeps) {
    this.#deps = deps;
  }

  /** What cuts or replaces the log, one after the other. */
  exclusively<T>(run: () => Promise<T>): Promise<T> {
    const done = this.#lane.then(run);
    this.#lane = done.catch(() => undefined);
    return done;
  }

  read({ to, index, offset, bytesMax }: Of<"readSnapshot">): void {
    const { keeper, step, log } = this.#deps;
    const snapshot = index === undefined ? keeper.snapshots[0] : keeper.snapshots.find((each) => each.index === index);
    const gone = () => step({ type: "snapshotRead", to, offset, chunk: undefined });
    if (snapshot === undefined) {
      gone();
      return;
    }
    keeper.readSnapshot(snapshot.id, offset, bytesMax).then(
      (data) => step({ type: "snapshotRead", to, offset, chunk: { snapshot: metaOf(snapshot), data } }),
      (error: unknown) => {
        log.warn("can't read a snapshot for another server", { id: snapshot.id, to, error: String(error) });
        gone();
      },
    );
  }

  write({ snapshot, offset, data }: Of<"writeChunk">): void {
    const { keeper, step, log } = this.#deps;
    const answer = (ok: boolean) =>
      step({ type: "chunkWritten", snapshot, nextOffset: ok ? offset + data.length : offset, ok });
    keeper.receiveSnapshot(snapshot, offset, data).then(
      () => answer(true),
      (error: unknown) => {
        log.warn("can't store a part of the leader's snapshot", { index: snapshot.index, error: String(error) });
        answer(false);
      },
    );
  }

  install({ snapshot }: Of<"installSnapshot">): void {
    const { step, log, onFatal } = this.#deps;
    this.exclusively(async () => {
      try {
        await this.#deps.keeper.finishSnapshot(snapshot);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        log.warn("the leader's snapshot can't be used", { index: snapshot.index, error: error.message });
        return step({ type: "snapshotInstalled", snapshot, ok: false });
      }
      await this.#deps.holdApply(() => this.#install(snapshot));
    }).catch((error: unknown) =>
      onFatal(`the leader's snapshot could not be installed: ${String(error)}; the next start finishes it`),
    );
  }

  async #install(snapshot: SnapshotMeta): Promise<void> {
    const { store, keeper, machine, log, step, onReloaded } = this.#deps;
    const { index, term, configuration } = snapshot;
    assert(machine.appliedIndex < index, `the snapshot of ${index} is older than the state, ${machine.appliedIndex}`);
    await store.reset(index, term, configuration);
    await keeper.installNewest();
    machine.reload();
    assert(machine.appliedIndex === index, `installed ${machine.appliedIndex}, not ${index}`);
    log.info("installed the leader's snapshot", { index, bytes: snapshot.bytes });
    // Before anything is applied again: the core's log and commit index are as of the snapshot then.
    step({ type: "snapshotInstalled", snapshot, ok: true });
    onReloaded();
  }

  /** Executes a `restore` entry. Nothing else may be applied meanwhile. */
  async restore(entry: Entry): Promise<Refusal | undefined> {
    const { keeper, machine, log, onReloaded } = this.#deps;
    const refusal = await keeper.installStaged(entry);
    machine.reload();
    if (refusal === undefined) log.info("restored a snapshot", { index: entry.index });
    else log.warn("a snapshot could not be restored", { index: entry.index, error: refusal.message });
    onReloaded();
    return refusal;
  }
}

function metaOf({ index, term, configuration, bytes, sha256 }: SnapshotMeta): SnapshotMeta {
  return { index, term, configuration, bytes, sha256 };
}
