import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SnapshotInfo, StateKeeper } from "../raft/types.ts";
import type { StateDb } from "../state/db.ts";
import { readArchive } from "./archive.ts";
import { writeDurably } from "./durable-files.ts";
import { exportArchive } from "./state-jobs.ts";
import { type Applied, appliedOf, refill } from "./state-work.ts";

/** For a database in memory: nothing to checkpoint, and a snapshot is only a position from which the log may go. */
export function memoryKeeper(db: StateDb): StateKeeper {
  return new MemoryKeeper(db);
}

class MemoryKeeper implements StateKeeper {
  readonly #db: StateDb;
  snapshots: readonly SnapshotInfo[] = [];

  constructor(db: StateDb) {
    this.#db = db;
  }

  walBytesToMove = async () => 0;
  checkpoint = async () => 0;
  truncateWal = async () => undefined;
  rest = async () => undefined;
  close = async () => undefined;
  /** Done by `importArchive`: without files there is nothing that a crash could leave half done. */
  installNewest = async () => undefined;

  async takeSnapshot(): Promise<SnapshotInfo> {
    return this.#note(appliedOf(this.#db.$client));
  }

  async exportArchive(): Promise<Uint8Array> {
    return exportArchive(this.#db.$client, tmpdir());
  }

  async importArchive(archive: Uint8Array, lastIndex: number, term: number): Promise<SnapshotInfo> {
    const { meta, image } = readArchive(archive);
    const applied = { index: Math.max(meta.Index, lastIndex) + 1, term };
    const temp = mkdtempSync(join(tmpdir(), "muster-restore-"));
    try {
      const path = join(temp, "image.db");
      writeDurably(path, image);
      refill(this.#db.$client, path, applied);
    } finally {
      rmSync(temp, { recursive: true, force: true });
    }
    return this.#note(applied);
  }

  #note({ index, term }: Applied): SnapshotInfo {
    const info = { id: `${term}-${index}-0`, index, term, bytes: 0 };
    this.snapshots = [info];
    return info;
  }
}
