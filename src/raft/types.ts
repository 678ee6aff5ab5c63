import type { Refusal } from "../lib/refusal.ts";
import type { Configuration, IndexedConfiguration } from "./configuration.ts";
import type { SnapshotMeta } from "./core/messages.ts";
import type { TermStart } from "./core/types.ts";

/**
 * What the log holds. `noop` opens a term (Raft paper 5.4.2, thesis 6.4), `command` is for the state machine,
 * `configuration` says who is in the cluster, `restore` replaces the whole state by what the commands before staged.
 */
export type EntryType = "noop" | "command" | "configuration" | "restore";

export interface Entry {
  index: number;
  term: number;
  type: EntryType;
  /** JSON: the command, the `Configuration`, or what a restore is about. Empty for a noop. */
  data: string;
  /** What `data` says, when this process wrote it: spares the state machine to read it. Not stored. */
  command?: unknown;
}

/** What must survive a restart before anything of its term leaves the server. */
export interface HardState {
  term: number;
  /** Node id that got our vote in `term`, or "". */
  votedFor: string;
}

export interface LogBounds {
  /** Index of the first entry kept; 1 when nothing was compacted. */
  firstIndex: number;
  /** Index of the last durable entry; `firstIndex - 1` when empty. */
  lastIndex: number;
  /** Term of the last durable entry, or of the one before `firstIndex` when empty; 0 when there never was one. */
  lastTerm: number;
}

/** What a start finds. */
export interface OpenedLog {
  hardState: HardState;
  bounds: LogBounds;
  /** First index of each term from `firstIndex - 1` on, in order. */
  termStarts: readonly TermStart[];
  /** Oldest first: the newest one before `firstIndex`, if there is any, and those in the log. */
  configurations: readonly IndexedConfiguration[];
  /** The newest configuration is a forced one, which no entry says: see `LogStore.forceConfiguration`. */
  isForced: boolean;
  /** See `LogStore.setClusterId`. */
  clusterId: string;
}

/**
 * Where the log lives. All promises resolve only after the fsync that makes the call durable, and in the order of the
 * calls. A Refusal means that nothing of the call is in the log; any other rejection means that the store is dead.
 */
export interface LogStore {
  /** The first call reads and checks all that is stored; a second one tells where the log stands. */
  open(): Promise<OpenedLog>;
  /**
   * Appends in order, right after the last entry; with `truncateFrom` all entries from that index on go first, in the
   * same transaction (a follower's entries that a leader never committed). Calls may overlap; they commit in order and in groups. When one is
   * refused (disk full), so are all that were called before its caller heard of it; the next call may use its indexes.
   * Calls that are sure to share their fate may get the same promise: a reaction to it serves all of them.
   */
  append(entries: readonly Entry[], truncateFrom?: number): Promise<void>;
  setHardState(state: HardState): Promise<void>;
  /** Entries from..to inclusive, cut at `bytesMax` but at least one. */
  read(from: number, to: number, bytesMax: number): Promise<Entry[]>;
  /** Forgets entries up to and including `index`, which must be in the log. */
  compact(index: number): Promise<void>;
  /** Forgets all entries; the next one follows `index`, whose entry had `term`. For an installed snapshot. */
  reset(index: number, term: number, configuration: IndexedConfiguration): Promise<void>;
  /** The cluster that this data belongs to, "" until it is known. Never changes but by a recovery. */
  setClusterId(clusterId: string): Promise<void>;
  /**
   * Declares who is in the cluster as of the log's last entry, whatever the entries say: for a recovery by hand. The
   * cluster has another id from here on, so that servers that were given up for lost can't come back into it.
   */
  forceConfiguration(configuration: Configuration, clusterId: string): Promise<void>;
  close(): Promise<void>;
}

/** The state machine, as Raft sees it. */
export interface StateMachine {
  /** Index of the last entry applied; after a start, of the last one whose rows are in the database. */
  readonly appliedIndex: number;
  /** Applies entries in order; one result (or the Refusal a handler threw) for each. A throw stops the server. */
  apply(entries: readonly Entry[]): unknown[];
  /** Commits what is applied, so that other connections to the database see it. */
  flush(): void;
  /** Takes up what is in the database now: all of it was replaced. Wakes every reader. */
  reload(): void;
}

/** The state as of one entry, durable. */
export interface SnapshotInfo extends SnapshotMeta {
  id: string;
}

/** Who is in the cluster, for those who look at an archive. */
export interface ArchiveMembers {
  configuration: IndexedConfiguration;
}

/** A snapshot archive, ours or Consul's, on the disk until it is removed. */
export interface ArchiveFile {
  readonly path: string;
  readonly bytes: number;
  /** Bytes from `offset` on; fewer at the end. */
  read(offset: number, bytesMax: number): Promise<Uint8Array>;
  remove(): Promise<void>;
}

/** An archive that comes in parts. */
export interface ArchiveDraft {
  /** Rejects with a Refusal when there is no room for it. */
  write(part: Uint8Array): Promise<void>;
  /** What was written is the archive. */
  finish(): Promise<ArchiveFile>;
  /** Removes what was written, unless it became an archive. */
  discard(): Promise<void>;
}

export interface ExportOptions {
  /** Do without what Consul 1.8 can't restore. */
  withoutNewer: boolean;
}

export interface ExportedArchive {
  archive: ArchiveFile;
  /** How many records of which kind it is without. */
  leftOut: Readonly<Record<string, number>>;
}

export interface RestoreOptions {
  /** Do without the records that the state has no place for. */
  skipUnknown: boolean;
}

/** What a restore did with records that are not served: how many of which kind. */
export interface RestoreReport {
  leftOut: Readonly<Record<string, number>>;
  /** In the state, for the next archive. */
  kept: Readonly<Record<string, number>>;
}

/** An archive in the form in which the log takes it: the very same, or a new one. */
export interface CheckedArchive extends RestoreReport {
  archive: ArchiveFile;
}

/**
 * Keeps the database of the state in shape and copies it, away from the applying thread. Calls run one after the
 * other. It sees what the state machine has flushed.
 */
export interface StateKeeper {
  /** Snapshots kept, newest first. */
  readonly snapshots: readonly SnapshotInfo[];
  /** Bytes in the database's write-ahead log that a checkpoint would move. */
  walBytesToMove(): Promise<number>;
  /**
   * Checkpoints without blocking the applying thread; resolves with the length of the log in bytes. It begins anew only
   * when nothing was being applied meanwhile.
   */
  checkpoint(): Promise<number>;
  /** Checkpoints all and empties the write-ahead log. Nothing may be applied meanwhile. */
  truncateWal(): Promise<void>;
  /** `configuration`: the newest one at or before what the state machine has applied. */
  takeSnapshot(configuration: IndexedConfiguration): Promise<SnapshotInfo>;
  /** Bytes of a kept snapshot's file; fewer at its end. Rejects when it is not kept any more. */
  readSnapshot(id: string, offset: number, bytesMax: number): Promise<Uint8Array>;
  /** Stores a part of a snapshot that another server sends; offset 0 begins anew, any other must follow the last part. */
  receiveSnapshot(snapshot: SnapshotMeta, offset: number, data: Uint8Array): Promise<void>;
  /**
   * Verifies what was received and makes it the newest snapshot, durable. Rejects with a Refusal when it is not whole,
   * and forgets it then. The log is to be reset to it next, and then the database (`installNewest`); a start finishes
   * that when a crash came between.
   */
  finishSnapshot(snapshot: SnapshotMeta): Promise<SnapshotInfo>;
  /** Makes an archive for people, see `/v1/snapshot`. */
  exportArchive(members: ArchiveMembers, options: ExportOptions): Promise<ExportedArchive>;
  /** Takes such an archive in. */
  newArchive(): Promise<ArchiveDraft>;
  /** Verifies one without changing anything; rejects with a Refusal when it can't be restored here. */
  checkArchive(archive: ArchiveFile, options: RestoreOptions): Promise<CheckedArchive>;
  /**
   * Executes a `restore` entry: replaces all rows of the database by those of the archive that commands before it have
   * staged, in one transaction that also says that the entry is applied. When the archive can't be used, only the latter
   * happens, and the Refusal is the result.
   */
  installStaged(entry: Pick<Entry, "index" | "term" | "data">): Promise<Refusal | undefined>;
  /** Replaces all rows of the database by those of the newest snapshot, in one transaction. */
  installNewest(): Promise<void>;
  /** Gives back what it holds between jobs, unless one is under way; the next job takes it again. */
  rest(): Promise<void>;
  close(): Promise<void>;
}
