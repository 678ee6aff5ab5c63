import { Database } from "bun:sqlite";
import { accessSync, constants, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fsyncPath } from "./durable-files.ts";
import { errorCode, errorText, isDiskFull } from "./failure.ts";

/** A locked directory; the lock ends with `release` or with the process, however it ends. */
export interface DirLock {
  release(): void;
}

/**
 * Makes `dir` when it is missing and locks it for this process. SQLite's file lock is used because the kernel drops it
 * when a process dies (a pid file lies after kill -9), and the file stays empty. Throws an Error with a text for the
 * operator when the directory can't be made or written, or belongs to another running process.
 */
export function lockDir(dir: string): DirLock {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    accessSync(dir, constants.R_OK | constants.W_OK | constants.X_OK);
    return takeLock(join(dir, "lock"));
  } catch (error) {
    throw new Error(explain(dir, error));
  }
}

/** Makes `dir/name` when it is missing, and its entry in `dir` durable. Throws like `lockDir`. */
export function makeSubdir(dir: string, name: string): string {
  const path = join(dir, name);
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    fsyncPath(dir);
  } catch (error) {
    throw new Error(explain(path, error));
  }
  return path;
}

function takeLock(path: string): DirLock {
  const db = new Database(path, { create: true, readwrite: true });
  try {
    db.run("PRAGMA busy_timeout = 0");
    // Nothing is ever written, so there is no journal to leave behind.
    db.run("PRAGMA journal_mode = OFF");
    db.run("BEGIN EXCLUSIVE");
  } catch (error) {
    db.close();
    throw error;
  }
  return { release: () => db.close(true) };
}

function explain(dir: string, error: unknown): string {
  const code = errorCode(error);
  if (code === "SQLITE_BUSY") {
    return `data directory ${dir} is in use by another running agent; stop it or give this one its own -data-dir`;
  }
  if (["EACCES", "EPERM", "EROFS", "SQLITE_READONLY", "SQLITE_CANTOPEN"].includes(code)) {
    return `data directory ${dir} can't be written (${errorText(error)}); mount it read-write and give it to the user that runs the agent`;
  }
  if (isDiskFull(error)) return `data directory ${dir}: no space left on its disk; free some space`;
  return `data directory ${dir} can't be used: ${errorText(error)}`;
}
