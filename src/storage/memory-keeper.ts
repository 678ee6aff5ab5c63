import { tmpdir } from "node:os";
import { Refusal } from "../lib/refusal.ts";
import type { IndexedConfiguration } from "../raft/configuration.ts";
import type {
  ArchiveMembers,
  CheckedArchive,
  Entry,
  RestoreOptions,
  SnapshotInfo,
  StateKeeper,
} from "../raft/types.ts";
import type { StateDb } from "../state/db.ts";
import { checkRestorable, installStaged } from "./restore.ts";
import { exportArchive } from "./state-jobs.ts";
import { appliedOf } from "./state-work.ts";

/**
 * For a database in memory, which belongs to a server without peers: nothing to checkpoint, and a snapshot is only a
 * position from which the log may go.
 */
export function memoryKeeper(db: StateDb): StateKeeper {
  return new MemoryKeeper(db);
}

const noPeers = () => Promise.reject(new Refusal("a server in memory has no snapshots for others and takes none"));

class MemoryKeeper implements StateKeeper {
  readonly #db: StateDb;
  snapshots: readonly SnapshotInfo[] = [];

  constructor(db: StateDb) {
    this.#db = db;
  }

  walBytesToMove = async () => 0;
  checkpoint = async () => 0;
  truncateWal = async () => undefined;
  readSnapshot = noPeers;
  receiveSnapshot = noPeers;
  finishSnapshot = noPeers;
  installNewest = noPeers;
  rest = async () => undefined;
  close = async () => undefined;

  async takeSnapshot(configuration: IndexedConfiguration): Promise<SnapshotInfo> {
    const { index, term } = appliedOf(this.#db.$client);
    const info = { id: `${term}-${index}-0`, index, term, configuration, bytes: 0, sha256: "" };
    this.snapshots = [info];
    return info;
  }

  async exportArchive(members: ArchiveMembers): Promise<Uint8Array> {
    return exportArchive(this.#db.$client, members, tmpdir());
  }

  async checkArchive(archive: Uint8Array, options: RestoreOptions): Promise<CheckedArchive> {
    return checkRestorable(this.#db.$client, archive, { ...options, dir: tmpdir(), needSpaceFor: () => undefined });
  }

  async installStaged(entry: Pick<Entry, "index" | "term" | "data">): Promise<Refusal | undefined> {
    return installStaged(this.#db.$client, entry, tmpdir());
  }
}
