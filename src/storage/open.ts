import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Logger } from "../ports/logger.ts";
import type { LogBounds, LogStore, OpenedLog, StateKeeper } from "../raft/types.ts";
import type { StateDb } from "../state/db.ts";
import { DamageError } from "./failure.ts";
import { openLogStore } from "./log-store.ts";
import { memoryKeeper } from "./memory-keeper.ts";
import { openMemoryLogStore } from "./memory-log-store.ts";
import { SnapshotDir } from "./snapshots.ts";
import { giveBackIfFull, RESERVE_FILE } from "./space-reserve.ts";
import { openStateDb } from "./state-db.ts";
import { startStateKeeper } from "./state-keeper.ts";
import { recoverState } from "./state-recovery.ts";
import { TEMP_PREFIX } from "./temp-dir.ts";

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
  giveBackIfFull(join(dir, "raft", RESERVE_FILE));
  const store = openLogStore(options);
  try {
    const found = await store.open();
    for (const name of readdirSync(dir)) {
      if (name.startsWith(TEMP_PREFIX)) rmSync(join(dir, name), { recursive: true, force: true });
    }
    const snapshotsDir = join(dir, "raft", "snapshots");
    const snapshots = new SnapshotDir(snapshotsDir);
    snapshots.removeUnfinished();
    const bounds = await finishInstall(store, found, snapshots, log);
    checkReaches(dir, snapshots, bounds);
    const dbPath = join(dir, "state.db");
    const db = recoverState(dbPath, snapshots, bounds, log);
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
 * A snapshot of another server takes the place of the log once it is durable; when the process died before the log was
 * reset to it, that is done now. The state follows, as after any loss of it.
 */
async function finishInstall(
  store: LogStore,
  { bounds, termStarts }: OpenedLog,
  snapshots: SnapshotDir,
  log: Logger,
): Promise<LogBounds> {
  const snapshot = snapshots.toInstall();
  if (snapshot === undefined) return bounds;
  const { id, index, term, configuration } = snapshot;
  const isBefore = index < bounds.firstIndex - 1;
  const inLog = index <= bounds.lastIndex && termStarts.findLast((start) => start.index <= index)?.term === term;
  if (isBefore || inLog) {
    snapshots.clearInstall(id);
    return bounds;
  }
  if (!snapshots.isWhole(id)) {
    // Nobody was told that it is installed: the log is as good as before, and the leader sends another one.
    log.warn("a snapshot that was received is damaged; it is dropped", { snapshot: id });
    snapshots.remove(id);
    return bounds;
  }
  await store.reset(index, term, configuration);
  snapshots.clearInstall(id);
  log.info("the log is reset to a snapshot that was received", { snapshot: id });
  return (await store.open()).bounds;
}

/** A snapshot beyond the log's end means that the log has lost entries. */
function checkReaches(dir: string, snapshots: SnapshotDir, { lastIndex }: LogBounds): void {
  const newest = snapshots.list()[0];
  if (newest === undefined || newest.index <= lastIndex) return;
  const what = `it ends with entry ${lastIndex}, but there is a snapshot of entry ${newest.index}`;
  throw new DamageError(join(dir, "raft", "raft.db"), what);
}
