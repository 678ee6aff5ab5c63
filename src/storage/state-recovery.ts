import { copyFileSync, existsSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Logger } from "../ports/logger.ts";
import type { LogBounds, SnapshotInfo } from "../raft/types.ts";
import type { StateDb } from "../state/db.ts";
import { fsyncPath } from "./durable-files.ts";
import { DamageError, errorText, isDamage } from "./failure.ts";
import type { SnapshotDir } from "./snapshots.ts";
import { openStateDb, STATE_PAGE_BYTES } from "./state-db.ts";
import { appliedOf } from "./state-work.ts";
import { checkWal } from "./wal-check.ts";

/** Up to this size the structure of the file is checked at every start (2 to 3 ms a megabyte), else only after a crash. */
const ALWAYS_CHECKED_BYTES_MAX = 4 * 1024 * 1024;

/**
 * Opens `state.db` so that replaying the log from its applied index gives all that was acknowledged. A file that is
 * damaged is set aside; one that is missing, damaged or older than the newest snapshot is rebuilt from that. Throws a
 * DamageError when log, snapshots and state don't meet.
 */
export function recoverState(path: string, snapshots: SnapshotDir, bounds: LogBounds, log: Logger): StateDb {
  let db = openSound(path, log);
  const usable = snapshots.list().filter(({ index }) => index >= bounds.firstIndex - 1);
  const newest = usable[0];
  if (db === undefined || (newest !== undefined && appliedOf(db.$client).index < newest.index)) {
    db?.$client.close();
    const whole = usable.find(({ id }) => snapshots.isWhole(id));
    replaceBy(path, whole, snapshots);
    if (whole !== undefined) log.info("state.db is rebuilt from a snapshot", { snapshot: whole.id });
    db = openStateDb({ path });
  }
  const { index: applied } = appliedOf(db.$client);
  try {
    checkThatTheyMeet(path, applied, bounds);
  } catch (error) {
    db.$client.close();
    throw error;
  }
  return db;
}

function checkThatTheyMeet(path: string, applied: number, { firstIndex, lastIndex }: LogBounds): void {
  if (applied > lastIndex) {
    const what = `it ends with entry ${lastIndex}, but entry ${applied} was acknowledged and applied`;
    throw new DamageError(join(dirname(path), "raft", "raft.db"), what);
  }
  if (applied < firstIndex - 1) {
    const what = `it can't be rebuilt: the log starts with entry ${firstIndex} and no whole snapshot reaches it`;
    throw new DamageError(path, what);
  }
}

/** The database, or undefined when it is missing, or was damaged and is now set aside. */
function openSound(path: string, log: Logger): StateDb | undefined {
  if (!existsSync(path)) {
    removeWithLog(path);
    return undefined;
  }
  let db: StateDb | undefined;
  try {
    const isUnclean = existsSync(`${path}-wal`);
    checkWal(path, STATE_PAGE_BYTES);
    db = openStateDb({ path });
    if (isUnclean || statSync(path).size <= ALWAYS_CHECKED_BYTES_MAX) checkStructure(db, path);
    appliedOf(db.$client);
    return db;
  } catch (error) {
    db?.$client.close();
    if (!(error instanceof DamageError) && !isDamage(error)) throw error;
    setAside(path, error, log);
    return undefined;
  }
}

function checkStructure(db: StateDb, path: string): void {
  const { quick_check: result } = db.$client.query("PRAGMA quick_check(1)").get() as { quick_check: string };
  if (result !== "ok") throw new DamageError(path, result);
}

/** Keeps the newest damaged file for whoever wants to look at it; an older one goes, or they would fill the disk. */
function setAside(path: string, reason: unknown, log: Logger): void {
  const dir = dirname(path);
  const prefix = `${basename(path)}.damaged-`;
  for (const name of readdirSync(dir)) if (name.startsWith(prefix)) rmSync(join(dir, name), { force: true });
  const aside = join(dir, `${prefix}${Date.now()}`);
  renameSync(path, aside);
  if (existsSync(`${path}-wal`)) renameSync(`${path}-wal`, `${aside}-wal`);
  rmSync(`${path}-shm`, { force: true });
  const cause = reason instanceof DamageError ? reason.what : errorText(reason);
  log.warn("state.db is damaged; it is set aside and rebuilt from snapshot and log", { cause, aside });
}

function replaceBy(path: string, snapshot: SnapshotInfo | undefined, snapshots: SnapshotDir): void {
  removeWithLog(path);
  if (snapshot === undefined) return;
  const draft = `${path}.tmp`;
  copyFileSync(snapshots.imagePath(snapshot.id), draft);
  fsyncPath(draft);
  renameSync(draft, path);
  fsyncPath(dirname(path));
}

function removeWithLog(path: string): void {
  for (const suffix of ["", "-wal", "-shm", ".tmp"]) rmSync(`${path}${suffix}`, { force: true });
}
