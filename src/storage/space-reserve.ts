import { closeSync, openSync, rmSync, statfsSync, statSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { isDiskFull } from "./failure.ts";
import type { LogFile } from "./log-file.ts";

/** Beside `raft.db`. */
export const RESERVE_FILE = "reserve";
/** What a checkpoint may add to `raft.db`, and more. */
const RESERVE_BYTES = 2 * 1024 * 1024;
const PART_BYTES = 64 * 1024;

/**
 * Space for what an election needs on a full disk: term, vote, noops, configurations. A part of it is a file that is
 * given back, so that a last checkpoint can make `raft.db` as long as it has to be; others may take the space at once.
 * From then on the log lives in the space that it has: free pages in `raft.db`, and a write-ahead log that begins anew.
 */
export class SpaceReserve {
  readonly #path: string;
  readonly #log: LogFile;
  #isHeld = false;

  constructor(path: string, log: LogFile) {
    this.#path = path;
    this.#log = log;
  }

  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** Takes up space, unless that leaves less than `freeBytesMin`. Takes as long as writing 4 MB. */
  hold(freeBytesMin: number): void {
    if (this.#isHeld || freeBytes(this.#path) < freeBytesMin + 2 * RESERVE_BYTES) return;
    try {
      if (!isWhole(this.#path)) writeNoise(this.#path);
      this.#log.holdReserve();
      this.#isHeld = true;
    } catch (error) {
      // Others were faster; there will be another time.
      if (!isDiskFull(error)) throw error;
      rmSync(this.#path, { force: true });
    }
  }

  /** Makes room for small entries; false when none was held. */
  release(): boolean {
    if (!this.#isHeld) return false;
    this.#isHeld = false;
    rmSync(this.#path, { force: true });
    try {
      this.#log.checkpoint();
      this.#log.releaseReserve();
    } catch (error) {
      if (!isDiskFull(error)) throw error;
    }
    return true;
  }
}

/** Before a start on a full disk: opening databases takes some space too. */
export function giveBackIfFull(path: string): void {
  if (isWhole(path) && freeBytes(path) < RESERVE_BYTES) rmSync(path, { force: true });
}

function isWhole(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.size === RESERVE_BYTES;
}

function freeBytes(path: string): number {
  const { bavail, bsize } = statfsSync(dirname(path));
  return bavail * bsize;
}

/** Not fsynced: what counts are the blocks, and a start looks whether they are there. */
function writeNoise(path: string): void {
  // Chance: a file system that compresses would keep no space for zeros.
  const part = crypto.getRandomValues(new Uint8Array(PART_BYTES));
  const fd = openSync(path, "w", 0o600);
  try {
    for (let at = 0; at < RESERVE_BYTES; at += PART_BYTES) writeSync(fd, part);
  } finally {
    closeSync(fd);
  }
}
