import { Database } from "bun:sqlite";
import { dirname } from "node:path";
import { assert } from "../lib/assert.ts";
import { Refusal } from "../lib/refusal.ts";
import type { IndexedConfiguration } from "../raft/configuration.ts";
import type { SnapshotMeta } from "../raft/core/messages.ts";
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
import { archiveAt, newArchive } from "./archive-file.ts";
import { type KeeperJob, KeeperThread } from "./keeper-thread.ts";
import type { Checked } from "./restore.ts";
import { prepareConnection } from "./state-db.ts";
import type { Exported, StateFiles } from "./state-jobs.ts";
import { walBytesToMove } from "./state-work.ts";

/**
 * Checkpoints and copies the open `state.db` in a thread of its own, which lives from a job to the next `rest`.
 * `onFatal` is called when that thread dies. Jobs that fail reject; the log is the truth, so none of them is fatal.
 */
export function startStateKeeper(
  files: StateFiles,
  snapshots: readonly SnapshotInfo[],
  onFatal: (reason: string) => void,
): StateKeeper {
  return new ThreadStateKeeper(files, snapshots, onFatal);
}

class ThreadStateKeeper implements StateKeeper {
  readonly #files: StateFiles;
  readonly #onFatal: (reason: string) => void;
  /** Only looks at how long the WAL is, which is in shared memory, so that the thread need not run for it. */
  readonly #observer: Database;
  #thread: KeeperThread | undefined;
  #resting: Promise<void> = Promise.resolve();
  #closed = false;
  snapshots: readonly SnapshotInfo[];

  constructor(files: StateFiles, snapshots: readonly SnapshotInfo[], onFatal: (reason: string) => void) {
    this.#files = files;
    this.snapshots = snapshots;
    this.#onFatal = onFatal;
    this.#observer = new Database(files.dbPath, { readwrite: true });
    prepareConnection(this.#observer);
  }

  async walBytesToMove(): Promise<number> {
    return walBytesToMove(this.#observer);
  }

  checkpoint(): Promise<number> {
    return this.#run({ job: "checkpoint" }) as Promise<number>;
  }

  truncateWal(): Promise<void> {
    return this.#run({ job: "truncateWal" }) as Promise<void>;
  }

  newArchive(): Promise<ArchiveDraft> {
    return newArchive(dirname(this.#files.dbPath));
  }

  async exportArchive(members: ArchiveMembers, options: ExportOptions): Promise<ExportedArchive> {
    const { path, leftOut } = (await this.#run({ job: "exportArchive", members, options })) as Exported;
    return { archive: await archiveAt(path), leftOut };
  }

  installNewest(): Promise<void> {
    return this.#run({ job: "installNewest" }) as Promise<void>;
  }

  takeSnapshot(configuration: IndexedConfiguration): Promise<SnapshotInfo> {
    return this.#newest({ job: "takeSnapshot", configuration });
  }

  readSnapshot(id: string, offset: number, bytesMax: number): Promise<Uint8Array> {
    return this.#run({ job: "readSnapshot", snapshotId: id, offset, bytesMax }) as Promise<Uint8Array>;
  }

  receiveSnapshot(snapshot: SnapshotMeta, offset: number, data: Uint8Array): Promise<void> {
    return this.#run({ job: "receiveSnapshot", snapshot, offset, data }) as Promise<void>;
  }

  finishSnapshot(snapshot: SnapshotMeta): Promise<SnapshotInfo> {
    return this.#newest({ job: "finishSnapshot", snapshot });
  }

  async checkArchive(archive: ArchiveFile, options: RestoreOptions): Promise<CheckedArchive> {
    const { path, ...report } = (await this.#run({ job: "checkArchive", archive: archive.path, options })) as Checked;
    return { archive: path === undefined ? archive : await archiveAt(path), ...report };
  }

  async installStaged({ index, term, data }: Pick<Entry, "index" | "term" | "data">): Promise<Refusal | undefined> {
    const refusal = (await this.#run({ job: "installStaged", entry: { index, term, data } })) as string | undefined;
    return refusal === undefined ? undefined : new Refusal(refusal);
  }

  async rest(): Promise<void> {
    if (this.#thread?.isBusy === false) this.#endThread();
    await this.#resting;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    try {
      this.#endThread();
      await this.#resting;
    } finally {
      this.#observer.close();
    }
  }

  async #newest(job: KeeperJob): Promise<SnapshotInfo> {
    this.snapshots = (await this.#run(job)) as SnapshotInfo[];
    const newest = this.snapshots[0];
    assert(newest !== undefined, "a snapshot was made");
    return newest;
  }

  async #run(job: KeeperJob): Promise<unknown> {
    if (this.#closed) throw new Error("the state keeper is closed");
    this.#thread ??= new KeeperThread(this.#files, this.#onFatal);
    return this.#thread.run(job);
  }

  /** A thread of a later job may begin before this one has ended: they are two connections to one database. */
  #endThread(): void {
    const thread = this.#thread;
    this.#thread = undefined;
    if (thread !== undefined) this.#resting = Promise.all([this.#resting, thread.end()]).then(() => undefined);
  }
}
