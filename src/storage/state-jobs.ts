import { Database } from "bun:sqlite";
import { mkdtempSync, readFileSync, rmSync, statfsSync } from "node:fs";
import { dirname, join } from "node:path";
import { assert } from "../lib/assert.ts";
import type { SnapshotInfo } from "../raft/types.ts";
import { readArchive, writeArchive } from "./archive.ts";
import { writeDurably } from "./durable-files.ts";
import { noSpaceForCopy } from "./failure.ts";
import { FREE_BYTES_MIN } from "./log-protocol.ts";
import { SnapshotDir } from "./snapshots.ts";
import { prepareConnection } from "./state-db.ts";
import { checkpoint, copyInto, copySchema, databaseBytes, refill, truncateWal } from "./state-work.ts";

export interface StateFiles {
  /** `state.db`. */
  dbPath: string;
  snapshotsDir: string;
}

/** Stays free beside a copy: twice what the log keeps free. */
const SPARE_BYTES = 2 * FREE_BYTES_MIN;

/** What the keeper thread does with `state.db` over its own connection; every call blocks its thread. */
export class StateJobs {
  readonly #db: Database;
  readonly #snapshots: SnapshotDir;
  readonly #workDir: string;

  constructor(files: StateFiles) {
    this.#snapshots = new SnapshotDir(files.snapshotsDir);
    this.#workDir = dirname(files.dbPath);
    this.#db = new Database(files.dbPath, { readwrite: true });
    prepareConnection(this.#db);
  }

  checkpoint(): number {
    return checkpoint(this.#db);
  }

  truncateWal(): void {
    truncateWal(this.#db);
  }

  takeSnapshot(): SnapshotInfo[] {
    this.#needSpaceFor(databaseBytes(this.#db));
    this.#snapshots.add(Date.now(), (path) => copyInto(this.#db, path));
    return this.#snapshots.list();
  }

  exportArchive(): Uint8Array {
    this.#needSpaceFor(databaseBytes(this.#db));
    return exportArchive(this.#db, this.#workDir);
  }

  importArchive(archive: Uint8Array, lastIndex: number, term: number): SnapshotInfo[] {
    const { meta, image } = readArchive(archive);
    // The unpacked image, the snapshot, and the write-ahead log of the refill.
    this.#needSpaceFor(3 * image.length);
    const applied = { index: Math.max(meta.Index, lastIndex) + 1, term };
    withTempDir(this.#workDir, (temp) => {
      const imagePath = join(temp, "image.db");
      writeDurably(imagePath, image);
      const makeImage = (path: string) => {
        copySchema(this.#db, path);
        const staged = new Database(path, { readwrite: true });
        try {
          refill(staged, imagePath, applied);
        } finally {
          staged.close();
        }
        return applied;
      };
      this.#snapshots.add(Date.now(), makeImage, lastIndex);
    });
    return this.#snapshots.list();
  }

  installNewest(): void {
    const newest = this.#snapshots.list()[0];
    assert(newest !== undefined, "no snapshot to install");
    refill(this.#db, this.#snapshots.imagePath(newest.id), newest);
  }

  /** A copy that fills the disk would take the room that the state needs to follow the log. */
  #needSpaceFor(bytes: number): void {
    const { bavail, bsize } = statfsSync(this.#workDir);
    if (bavail * bsize < bytes + SPARE_BYTES) throw noSpaceForCopy(this.#workDir);
  }

  close(): void {
    this.#db.close();
  }
}

/** Copies `db` into a file below `dir`, packs it, and removes the file. */
export function exportArchive(db: Database, dir: string): Uint8Array {
  return withTempDir(dir, (temp) => {
    const path = join(temp, "state.db");
    const { index, term } = copyInto(db, path);
    const nowMs = Date.now();
    return writeArchive({ ID: `${term}-${index}-${nowMs}`, Index: index, Term: term }, readFileSync(path), nowMs);
  });
}

/** Prefix of directories that a crash can leave behind. */
export const TEMP_PREFIX = "state-tmp-";

function withTempDir<T>(dir: string, use: (temp: string) => T): T {
  const temp = mkdtempSync(join(dir, TEMP_PREFIX));
  try {
    return use(temp);
  } finally {
    rmSync(temp, { recursive: true, force: true });
  }
}
