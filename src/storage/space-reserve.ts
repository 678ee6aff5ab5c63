import { closeSync, openSync, rmSync, statfsSync, statSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/** What a checkpoint may add to `raft.db`, and then the write-ahead log again up to the next one. */
export const RESERVE_BYTES = 2 * 1024 * 1024;
const PART_BYTES = 64 * 1024;

/**
 * A file that only takes up space. On a full disk it is given back, so that term, vote and what else an election needs
 * can still be written; when there is room again it is made anew.
 */
export class SpaceReserve {
  readonly #path: string;
  #isHeld: boolean;

  constructor(path: string) {
    this.#path = path;
    this.#isHeld = statSync(path, { throwIfNoEntry: false })?.size === RESERVE_BYTES;
  }

  /** Takes up space, unless that would leave less than `freeBytesMin`. It need not be durable: a start looks again. */
  hold(freeBytesMin: number): void {
    if (this.#isHeld) return;
    const { bavail, bsize } = statfsSync(dirname(this.#path));
    if (bavail * bsize < freeBytesMin + 2 * RESERVE_BYTES) return;
    // Chance: a file system that compresses would keep no space for zeros.
    const part = crypto.getRandomValues(new Uint8Array(PART_BYTES));
    let fd: number | undefined;
    try {
      fd = openSync(this.#path, "w", 0o600);
      for (let at = 0; at < RESERVE_BYTES; at += PART_BYTES) writeSync(fd, part);
      this.#isHeld = true;
    } catch {
      // Others were faster; there will be another time.
      rmSync(this.#path, { force: true });
    } finally {
      if (fd !== undefined) closeSync(fd);
    }
  }

  /** Gives the space back; false when there was none. */
  release(): boolean {
    if (!this.#isHeld) return false;
    this.#isHeld = false;
    rmSync(this.#path, { force: true });
    return true;
  }
}
