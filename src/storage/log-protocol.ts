import type { Entry, EntryType, HardState, LogBounds } from "../raft/types.ts";

/** Room that appends leave, so that `state.db` can follow and its write-ahead log can grow; below it they are refused. */
export const FREE_BYTES_MIN = 16 * 1024 * 1024;

/** One call of the log store, as it travels to the log-writer thread. Calls are executed in order of `id`. */
export type LogRequest = { id: number } & (
  | { kind: "open" }
  | ({ kind: "append"; generation: number } & AppendBatch)
  | { kind: "hardState"; state: HardState }
  | { kind: "read"; from: number; to: number; bytesMax: number }
  | { kind: "compact"; index: number }
  | { kind: "reset"; index: number; term: number }
  | { kind: "close" }
);

/** Entries of consecutive indexes as columns: a few long arrays of texts travel between threads faster than many objects. */
export interface AppendBatch {
  firstIndex: number;
  terms: number[];
  types: EntryType[];
  datas: string[];
}

/** How a call went wrong: `refused` leaves the log as it was, `fatal` ends the store. */
export interface LogFailure {
  id: number;
  text: string;
  fatal: boolean;
}

/** Answers of one group: all calls up to and including `doneUpTo` that are not listed succeeded. */
export interface LogReply {
  doneUpTo: number;
  failures: LogFailure[];
  values: { id: number; value: OpenedLog | Entry[] }[];
  /** Grows when appends were refused; appends of an older generation are refused too. */
  generation: number;
}

export interface OpenedLog {
  hardState: HardState;
  bounds: LogBounds;
  /** Things that an operator should read, such as a torn tail. */
  warnings: string[];
}

/** First message to the thread. */
export interface LogWriterSetup {
  /** The data directory; the log is `raft/raft.db` in it. */
  dir: string;
  /** Appends are refused while the file system has less than this left, so that reading and applying can go on. */
  freeBytesMin: number;
}
