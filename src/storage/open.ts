import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Logger } from "../ports/logger.ts";
import type { LogBounds, LogStore, StateKeeper } from "../raft/types.ts";
import type { StateDb } from "../state/db.ts";
import { DamageError } from "./failure.ts";
import { openLogStore } from "./log-store.ts";
import { memoryKeeper } from "./memory-keeper.ts";
import { openMemoryLogStore } from "./memory-log-store.ts";
import { SnapshotDir } from "./snapshots.ts";
import { openStateDb } from "./state-db.ts";
import { TEMP_PREFIX } from "./state-jobs.ts";
import { startStateKeeper } from "./state-keeper.ts";
import { recoverState } from "./state-recovery.ts";

/** The open log, the database of the state (its tables are not made yet), and its keeper. */
export interface Storage {
  store: LogStore;
  db: StateDb;
  keeper: StateKeeper;
  /** Call when nothing uses them any more, after `StateMachine.flush`. */
  close(): Promise<void>;
}

/**
 * Opens the data directory `dir` for this process alone: `raft/raft.db`, `raft/snapshots`, `state.db`. Throws an Error
 * for the operator when it can't be used, is in use, or when acknowledged data is missing. `onFatal`: see `openLogStore`.
 */
export async function openStorage(options: {
  dir: string;
  log: Logger;
  onFatal: (reason: string) => void;
}): Promise<Storage> {
  const { dir, log, onFatal } = options;
  const store = openLogStore(options);
  try {
    const { bounds } = await store.open();
    for (const name of readdirSync(dir)) {
      if (name.startsWith(TEMP_PREFIX)) rmSync(join(dir, name), { recursive: true, force: true });
    }
    const snapshotsDir = join(dir, "raft", "snapshots");
    const snapshots = new SnapshotDir(snapshotsDir);
    snapshots.removeUnfinished();
    const joined = await finishRestore(dir, store, snapshots, bounds);
    const dbPath = join(dir, "state.db");
    const db = recoverState(dbPath, snapshots, joined, log);
    const keeper = startStateKeeper({ dbPath, snapshotsDir }, snapshots.list(), onFatal);
    const close = async () => {
      await keeper.close();
      db.$client.close();
      await store.close();
    };
    return { store, db, keeper, close };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** All in memory, for `agent -dev`: nothing is left behind, however the process ends. */
export function openMemoryStorage(): Storage {
  const store = openMemoryLogStore();
  const db = openStateDb({ memory: true });
  const keeper = memoryKeeper(db);
  const close = async () => {
    db.$client.close();
    await store.close();
  };
  return { store, db, keeper, close };
}

/**
 * A restore is decided once its snapshot is durable; when the process died before the log was reset to it, that is done
 * now. Any other snapshot beyond the log's end means that the log has lost entries.
 */
async function finishRestore(
  dir: string,
  store: LogStore,
  snapshots: SnapshotDir,
  bounds: LogBounds,
): Promise<LogBounds> {
  const newest = snapshots.list()[0];
  if (newest === undefined || newest.index <= bounds.lastIndex) return bounds;
  if (newest.replacesLogTo !== bounds.lastIndex) {
    const what = `it ends with entry ${bounds.lastIndex}, but there is a snapshot of entry ${newest.index}`;
    throw new DamageError(join(dir, "raft", "raft.db"), what);
  }
  await store.reset(newest.index, newest.term);
  return (await store.open()).bounds;
}
