import type { Configuration, IndexedConfiguration } from "../configuration.ts";
import type { Entry, HardState } from "../types.ts";
import type { Message, SnapshotMeta } from "./messages.ts";

/** All times in milliseconds of a monotonic clock. */
export interface Timing {
  /** A follower that hears no leader for T..2T campaigns; a leader without a quorum for T steps down. */
  electionTimeoutMs: number;
  heartbeatMs: number;
  /** How much longer two clocks may count the same second, in parts of the election timeout (0.1 is 10 %). */
  clockDriftPart: number;
  /** An outstanding probe or chunk without an answer is sent again after this. */
  resendMs: number;
  /** A commit index that no append carried is told to followers after this. */
  commitNotifyMs: number;
  /** A server whose disk hasn't finished a write for this long no longer answers heartbeats, and leads no longer: it can't do its part. */
  diskStallMs: number;
}

/** Between followers that hear no leader and those that hear it late lies the heartbeat: some are lost or slow. */
const HEARTBEATS_PER_TIMEOUT = 6;

/** The timing that follows from one figure. */
export function timingOf(electionTimeoutMs: number): Timing {
  return {
    electionTimeoutMs,
    heartbeatMs: electionTimeoutMs / HEARTBEATS_PER_TIMEOUT,
    clockDriftPart: 0.1,
    resendMs: electionTimeoutMs / 2,
    commitNotifyMs: 5,
    diskStallMs: 10_000,
  };
}

export interface Limits {
  appendEntriesMax: number;
  /** Of the entries' data in one append, in UTF-16 units; one larger entry goes alone. */
  appendBytesMax: number;
  /** Appends under way to one follower. */
  inflightAppendsMax: number;
  inflightBytesMax: number;
  /** Appended by this leader and not committed; beyond it proposals are refused. */
  uncommittedEntriesMax: number;
  uncommittedBytesMax: number;
  /** Entries' data kept in memory behind the log's end, for followers and for applying. */
  cacheBytesMax: number;
  snapshotChunkBytes: number;
  /** Reads that wait for a confirmation. */
  readsMax: number;
}

export const LIMITS: Limits = {
  appendEntriesMax: 1024,
  appendBytesMax: 512 * 1024,
  inflightAppendsMax: 64,
  inflightBytesMax: 8 * 1024 * 1024,
  uncommittedEntriesMax: 8192,
  uncommittedBytesMax: 64 * 1024 * 1024,
  cacheBytesMax: 4 * 1024 * 1024,
  snapshotChunkBytes: 256 * 1024,
  readsMax: 65_536,
};

/** What a start finds on the disk. */
export interface CoreStart {
  id: string;
  hardState: HardState;
  /** Index of the first entry in the log, of the last one, and the first index of each term from `firstIndex - 1` on. */
  firstIndex: number;
  lastIndex: number;
  termStarts: readonly TermStart[];
  /** Oldest first: the one before `firstIndex`, if any, and those in the log. */
  configurations: readonly IndexedConfiguration[];
  /** Known to be committed: what the state machine has applied, and the newest snapshot. */
  commitIndex: number;
  /** The last configuration is one that an operator forced: the next leader writes it into the log. */
  isForced?: boolean;
}

/** Entries from `index` up to the next start have `term`. */
export interface TermStart {
  index: number;
  term: number;
}

export interface CoreOptions {
  start: CoreStart;
  timing: Timing;
  limits: Limits;
  /** Uniform in [0, 1). */
  random: () => number;
  nowMs: number;
}

export type Change =
  /** A new server, or a new address of a known one (its vote stays). New ones begin without a vote. */
  | { kind: "add"; server: { id: string; address: string } }
  | { kind: "promote"; serverId: string }
  | { kind: "demote"; serverId: string }
  | { kind: "remove"; serverId: string };

/** An entry to be: the leader gives it index and term. */
export type Draft = Pick<Entry, "data" | "command"> & { type: "command" | "restore" };

/** What happens to a server. `step` takes one at a time, with the time. */
export type Event =
  | { type: "tick" }
  | { type: "message"; message: Message }
  /** The host was suspended: time has passed that the clock has not counted. */
  | { type: "slept" }
  /** Answered at once by `proposed` or `refused`. All or nothing. */
  | { type: "propose"; id: number; drafts: readonly Draft[] }
  /** Answered as `propose` is. */
  | { type: "change"; id: number; change: Change }
  /** Answered by `readReady` or `readFailed`. With `isConfirmed` false a valid lease is enough. */
  | { type: "read"; id: number; isConfirmed: boolean }
  /** To the server, or to the one that is best prepared. Answered by `transferred`. */
  | { type: "transfer"; id: number; to: string | undefined }
  /** The persist effect `id` and all before it are durable. */
  | { type: "persisted"; id: number }
  /** The append of the persist effect `id`, and of all after it, was refused and is not on the disk; hard states are. */
  | { type: "appendRefused"; id: number }
  /** Answer to `readEntries`: consecutive from `from`, at least one; undefined when they are gone. */
  | { type: "entriesRead"; to: string; from: number; entries: readonly Entry[] | undefined }
  /** Answer to `readSnapshot`; undefined when there is none, or not this one any more. */
  | {
      type: "snapshotRead";
      to: string;
      offset: number;
      chunk: { snapshot: SnapshotMeta; data: Uint8Array } | undefined;
    }
  /** Answer to `writeChunk`: it is stored, though not durable; false when it could not be. */
  | { type: "chunkWritten"; snapshot: SnapshotMeta; nextOffset: number; ok: boolean }
  /** Answer to `installSnapshot`: state, log and snapshot on the disk are as of it; false when it was not whole. */
  | { type: "snapshotInstalled"; snapshot: SnapshotMeta; ok: boolean }
  /** The log on the disk begins behind `index` now. */
  | { type: "compacted"; index: number }
  /** First configuration of an empty log. */
  | { type: "bootstrap"; configuration: Configuration }
  /** The operator declares the other servers lost (see `recover` of the driver): only ever by hand. */
  | { type: "recover"; configuration: Configuration }
  /** Start an election now, for tests and `bootstrap` of one server. */
  | { type: "campaign" };

/** What the shell is to do, in order. Effects without an answering event are done when they are handed over. */
export type Effect =
  | { type: "send"; message: Message }
  /** Answered by `persisted`, or by `appendRefused`. Hard state first; the log loses all from `truncateFrom` on. */
  | {
      type: "persist";
      id: number;
      hardState: HardState | undefined;
      append: { truncateFrom: number | undefined; entries: readonly Entry[] } | undefined;
    }
  | { type: "proposed"; id: number; firstIndex: number; term: number }
  | { type: "refused"; id: number; reason: RefusedReason }
  /** A lone voter's entries from here on are not in the log and never will be (its disk is full). */
  | { type: "dropped"; fromIndex: number }
  /** Entries up to `index` are committed. */
  | { type: "commit"; index: number }
  | { type: "role"; role: Role; term: number; leader: string | undefined }
  | { type: "configuration"; configuration: IndexedConfiguration }
  | { type: "readReady"; id: number; index: number }
  | { type: "readFailed"; id: number }
  | { type: "transferred"; id: number; ok: boolean; reason: string }
  | { type: "readEntries"; to: string; from: number; entriesMax: number; bytesMax: number }
  /** The part at `offset` of the snapshot of `index`, or of the newest one when `index` is undefined. */
  | { type: "readSnapshot"; to: string; index: number | undefined; offset: number; bytesMax: number }
  /** Offset 0 begins anew. */
  | { type: "writeChunk"; snapshot: SnapshotMeta; offset: number; data: Uint8Array }
  /** All of it was written: verify, make durable, reset log and state to it. */
  | { type: "installSnapshot"; snapshot: SnapshotMeta };

export type RefusedReason =
  | "not leader"
  | "too many uncommitted"
  | "transferring"
  /** No change before this leader has committed an entry of its own term (Ongaro, raft-dev 2015) ... */
  | "not committed in this term"
  /** ... nor before the last change has. */
  | "change under way"
  | "no such server"
  | "already so"
  | "last voter";

/** `preCandidate` asks whether an election would make sense. */
export type Role = "follower" | "preCandidate" | "candidate" | "leader";

/** How far a follower is, as the leader sees it. */
export interface Progress {
  id: string;
  match: number;
  next: number;
  state: "probe" | "replicate" | "snapshot";
  /** When it last answered anything, on the leader's monotonic clock; undefined before the first answer. */
  contactMs: number | undefined;
}

export interface CoreStatus {
  id: string;
  role: Role;
  term: number;
  leader: string | undefined;
  firstIndex: number;
  lastIndex: number;
  lastTerm: number;
  /** Last index that this server's own disk has. */
  durableIndex: number;
  commitIndex: number;
  configuration: IndexedConfiguration;
  /** The newest configuration that is known to be committed. */
  committedConfiguration: IndexedConfiguration;
  /** When a follower last heard its leader. */
  leaderContactMs: number | undefined;
}
