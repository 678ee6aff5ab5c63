/** What the log holds. `noop` opens a term (Raft paper 5.4.2, thesis 6.4), `command` is for the state machine. */
export type EntryType = "noop" | "command";

export interface Entry {
  index: number;
  term: number;
  type: EntryType;
  /** Text of the command: JSON. Empty for a noop. */
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

/**
 * Where the log lives. All promises resolve only after the fsync that makes the call durable, and in the order of the
 * calls. A Refusal means that nothing of the call is in the log; any other rejection means that the store is dead.
 */
export interface LogStore {
  /** The first call reads and checks all that is stored; a second one tells where the log stands. */
  open(): Promise<{ hardState: HardState; bounds: LogBounds }>;
  /**
   * Appends in order, right after the last entry. Calls may overlap; they commit in order and in groups. When one is
   * refused (disk full), so are all that were called before its caller heard of it; the next call may use its indexes.
   * Calls that are sure to share their fate may get the same promise: a reaction to it serves all of them.
   */
  append(entries: readonly Entry[]): Promise<void>;
  setHardState(state: HardState): Promise<void>;
  /** Entries from..to inclusive, cut at `bytesMax` but at least one. */
  read(from: number, to: number, bytesMax: number): Promise<Entry[]>;
  /** Forgets entries up to and including `index`, which must be in the log. */
  compact(index: number): Promise<void>;
  /** Forgets all entries; the next one follows `index`, whose entry had `term`. For an installed snapshot. */
  reset(index: number, term: number): Promise<void>;
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
}

/** The state as of one entry, durable. */
export interface SnapshotInfo {
  id: string;
  index: number;
  term: number;
  bytes: number;
  /** Set when the state came from outside: the last index of the log that it replaces. */
  replacesLogTo?: number;
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
  takeSnapshot(): Promise<SnapshotInfo>;
  /** The bytes of a snapshot file for people, see `/v1/snapshot`. */
  exportArchive(): Promise<Uint8Array>;
  /**
   * Verifies such bytes and makes them the newest snapshot: durable, under an index above both `lastIndex` and its own.
   * The database stays as it is. Rejects with a Refusal when the archive isn't whole or doesn't fit.
   */
  importArchive(archive: Uint8Array, lastIndex: number, term: number): Promise<SnapshotInfo>;
  /** Replaces all rows of the database by those of the newest snapshot, in one transaction. */
  installNewest(): Promise<void>;
  /** Gives back what it holds between jobs, unless one is under way; the next job takes it again. */
  rest(): Promise<void>;
  close(): Promise<void>;
}
