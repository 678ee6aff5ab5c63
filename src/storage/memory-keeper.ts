import { tmpdir } from "node:os";
import { Refusal } from "../lib/refusal.ts";
import type { IndexedConfiguration } from "../raft/configuration.ts";
import type {
  ArchiveDraft,
  ArchiveFile,
  ArchiveMembers,
  CheckedArchive,
  Entry,
  ExportedArchive,
  ExportOptions,
  RestoreOptions,
  SnapshotInfo,
  StateKeeper,
} from "../raft/types.ts";
import type { StateDb } from "../state/db.ts";
import { archiveAt, newArchive } from "./archive-file.ts";
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

  newArchive(): Promise<ArchiveDraft> {
    return newArchive(tmpdir());
  }

  async exportArchive(members: ArchiveMembers, options: ExportOptions): Promise<ExportedArchive> {
    const { path, leftOut } = await exportArchive(this.#db.$client, members, { ...options, dir: tmpdir() });
    return { archive: await archiveAt(path), leftOut };
  }

  async checkArchive(archive: ArchiveFile, options: RestoreOptions): Promise<CheckedArchive> {
    const settings = { ...options, dir: tmpdir(), needSpaceFor: () => undefined };
    const { path, ...report } = await checkRestorable(this.#db.$client, archive.path, settings);
    return { archive: path === undefined ? archive : await archiveAt(path), ...report };
  }

  async installStaged(entry: Pick<Entry, "index" | "term" | "data">): Promise<Refusal | undefined> {
    return installStaged(this.#db.$client, entry, tmpdir());
  }
}
