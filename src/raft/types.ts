/** What the log holds. `noop` opens a term (Raft paper 5.4.2, thesis 6.4), `command` is for the state machine. */
export type EntryType = "noop" | "command";

export interface Entry {
  index: number;
  term: number;
  type: EntryType;
  /** Text of the command: JSON. Empty for a noop. */
  data: string;
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
  lastTerm: number;
}

/** Where the log lives. All promises resolve only after the fsync that makes the call durable. */
export interface LogStore {
  open(): Promise<{ hardState: HardState; bounds: LogBounds }>;
  /** Appends in order, right after the last entry. Calls may overlap; they commit in order and in groups. */
  append(entries: readonly Entry[]): Promise<void>;
  setHardState(state: HardState): Promise<void>;
  /** Entries from..to inclusive, cut at `bytesMax` but at least one. */
  read(from: number, to: number, bytesMax: number): Promise<Entry[]>;
  /** Forgets entries up to and including `index`. */
  compact(index: number): Promise<void>;
  close(): Promise<void>;
}

/** The state machine, as Raft sees it. */
export interface StateMachine {
  /** Index of the last entry whose rows are in the database. */
  readonly appliedIndex: number;
  /** Applies entries in order; one result (or the Refusal a handler threw) for each. */
  apply(entries: readonly Entry[]): unknown[];
}
