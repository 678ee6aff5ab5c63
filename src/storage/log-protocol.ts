import type { Configuration, IndexedConfiguration } from "../raft/configuration.ts";
import type { Entry, EntryType, HardState, OpenedLog } from "../raft/types.ts";

/** Room that appends leave, so that `state.db` can follow and its write-ahead log can grow; below it commands are refused. */
export const FREE_BYTES_MIN = 16 * 1024 * 1024;

/** Appends with one fate. */
export interface Gathering {
  entries: Entry[];
  /** Entries from here on go first; 0 when none do. */
  truncateFrom: number;
  /** Refused when space is short; what elections need is not. */
  needsRoom: boolean;
}

/** One call of the log store. Calls are executed in order of `id`. */
export type LogRequest = { id: number } & (
  | { kind: "open" }
  | { kind: "append"; generation: number; batch: AppendBatch }
  | { kind: "hardState"; state: HardState }
  | { kind: "read"; from: number; to: number; bytesMax: number }
  | { kind: "compact"; index: number }
  | { kind: "reset"; index: number; term: number; configuration: IndexedConfiguration }
  | { kind: "setClusterId"; clusterId: string }
  | { kind: "forceConfiguration"; configuration: Configuration; clusterId: string }
  | { kind: "close" }
);

/** Entries of consecutive indexes as columns, their data as one text. */
export interface AppendBatch extends Omit<Gathering, "entries"> {
  firstIndex: number;
  terms: number[];
  /** Positions in `ENTRY_TYPES`. */
  types: number[];
  /** Lengths of the entries' data in `text`, in UTF-16 units. */
  lengths: number[];
  text: string;
}

export const ENTRY_TYPES: readonly EntryType[] = ["noop", "command", "configuration", "restore"];

/** Whether entries are more than what elections and membership need. */
export function needsRoom(entries: readonly Entry[]): boolean {
  return entries.some(({ type }) => type === "command" || type === "restore");
}

/** The batch of `entries`, whose indexes follow each other. */
export function packEntries({ entries, truncateFrom, needsRoom }: Gathering): AppendBatch {
  return {
    truncateFrom,
    needsRoom,
    firstIndex: entries[0]?.index ?? 0,
    terms: entries.map(({ term }) => term),
    types: entries.map(({ type }) => ENTRY_TYPES.indexOf(type)),
    lengths: entries.map(({ data }) => data.length),
    text: entries.map(({ data }) => data).join(""),
  };
}

export function unpackEntries({ firstIndex, terms, types, lengths, text }: AppendBatch): Entry[] {
  let from = 0;
  return lengths.map((length, at) => {
    const data = text.slice(from, from + length);
    from += length;
    return { index: firstIndex + at, term: terms[at] ?? 0, type: ENTRY_TYPES[types[at] ?? 0] ?? "noop", data };
  });
}

/**
 * Calls as they travel to the thread: a line of JSON, and behind it the data of all entries, which is long and stays as it
 * is. Between threads a text costs less than half of what objects cost.
 */
export function packRequests(requests: readonly LogRequest[]): string {
  let data = "";
  const heads = requests.map((request) => {
    if (request.kind !== "append") return request;
    data += request.batch.text;
    return { ...request, batch: { ...request.batch, text: "" } };
  });
  return `${JSON.stringify(heads)}\n${data}`;
}

export function unpackRequests(message: string): LogRequest[] {
  let from = message.indexOf("\n") + 1;
  const requests = JSON.parse(message.slice(0, from)) as LogRequest[];
  for (const request of requests) {
    if (request.kind !== "append") continue;
    const end = from + request.batch.lengths.reduce((sum, length) => sum + length, 0);
    request.batch.text = message.slice(from, end);
    from = end;
  }
  return requests;
}

/** How a call went wrong: `refused` leaves the log as it was, `fatal` ends the store. */
export interface LogFailure {
  id: number;
  text: string;
  fatal: boolean;
  /** Of a DamageError. */
  damage?: { file: string; what: string };
}

/** Answers of one group: all calls up to and including `doneUpTo` that are not listed succeeded. */
export interface LogReply {
  doneUpTo: number;
  failures: LogFailure[];
  values: { id: number; value: FoundLog | Entry[] }[];
  /** Grows when appends were refused; appends of an older generation are refused too. */
  generation: number;
}

/** A reply as it travels: nearly all have neither failures nor values, and lists cost the threads. */
export type ReplyMessage = Pick<LogReply, "doneUpTo" | "generation"> & Partial<LogReply>;

export function packReply({ doneUpTo, generation, failures, values }: LogReply): ReplyMessage {
  const isBare = failures.length === 0 && values.length === 0;
  return isBare ? { doneUpTo, generation } : { doneUpTo, generation, failures, values };
}

export function unpackReply(message: ReplyMessage): LogReply {
  return { failures: [], values: [], ...message };
}

export interface FoundLog extends OpenedLog {
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
