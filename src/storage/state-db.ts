import { Database } from "bun:sqlite";
import { chmodSync } from "node:fs";
import { drizzle } from "drizzle-orm/bun-sqlite";
import type { StateDb } from "../state/db.ts";

export const STATE_PAGE_BYTES = 4096;
const CACHE_KIB = 8 * 1024;
const FILE_MODE = 0o600;
const BUSY_TIMEOUT_MS = 5000;
/** What the file may keep between checkpoints: growing it again and again would cost more than it saves. */
const WAL_FILE_BYTES_MAX = 16 * 1024 * 1024;

/** A database file, or one in memory that is gone with its handle. */
export type StateDbPlace = { path: string } | { memory: true };

/**
 * Opens `state.db` for the applying thread; its tables are the state's own business. Nothing here waits for the disk:
 * the log is the truth, and what a power cut takes from `state.db` is applied again.
 */
export function openStateDb(place: StateDbPlace): StateDb {
  const client = new Database("memory" in place ? ":memory:" : place.path, { create: true, readwrite: true });
  try {
    if ("path" in place) chmodSync(place.path, FILE_MODE);
    prepareConnection(client);
  } catch (error) {
    client.close();
    throw error;
  }
  return drizzle(client);
}

/**
 * The settings of every connection to `state.db`, also those of the keeper thread. No memory map: it is hardly faster
 * here, and a bad sector would kill the process instead of failing the read.
 */
export function prepareConnection(db: Database): void {
  db.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
  db.run(`PRAGMA page_size = ${STATE_PAGE_BYTES}`);
  db.run("PRAGMA journal_mode = WAL");
  db.run("PRAGMA synchronous = NORMAL");
  // Checkpoints fsync: the keeper thread runs them, see state-keeper.ts.
  db.run("PRAGMA wal_autocheckpoint = 0");
  db.run(`PRAGMA journal_size_limit = ${WAL_FILE_BYTES_MAX}`);
  db.run(`PRAGMA cache_size = -${CACHE_KIB}`);
  db.run("PRAGMA temp_store = MEMORY");
}
