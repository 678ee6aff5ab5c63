import type { IndexedConfiguration } from "../configuration.ts";
import type { Entry } from "../types.ts";

interface Base {
  from: string;
  to: string;
  /** Of the sender; a pre-vote carries the term that the election would have. */
  term: number;
}

/** Would you vote for me? Changes nothing at the receiver (thesis 9.6). */
export interface PreVoteRequest extends Base {
  type: "preVoteRequest";
  /** Never used again: pre-votes raise no term by which a late reply could be told. */
  round: number;
  lastIndex: number;
  lastTerm: number;
}
/** `term` is the request's when granted, the sender's own when not. */
export interface PreVoteReply extends Base {
  type: "preVoteReply";
  /** Of the request. */
  round: number;
  granted: boolean;
}
export interface VoteRequest extends Base {
  type: "voteRequest";
  lastIndex: number;
  lastTerm: number;
  /** The leader asked for this election, so a lease does not stand against it (thesis 3.10). */
  isTransfer: boolean;
}
export interface VoteReply extends Base {
  type: "voteReply";
  granted: boolean;
}
/** Entries that follow (`prevIndex`, `prevTerm`); none to probe or to tell the commit index. */
export interface Append extends Base {
  type: "append";
  prevIndex: number;
  prevTerm: number;
  entries: readonly Entry[];
  commit: number;
}
/** Sent once what it says is durable. */
export interface AppendReply extends Base {
  type: "appendReply";
  ok: boolean;
  /** When ok: the last index that the request verified. Else: `prevIndex` of the request. */
  index: number;
  /** When not ok: largest index <= `prevIndex` whose term is <= `prevTerm`, and its term. */
  hintIndex: number;
  hintTerm: number;
}
/** Never waits for disk or bulk data. `commit` is never beyond what this follower is known to have. */
export interface Heartbeat extends Base {
  type: "heartbeat";
  commit: number;
  /** Grows with each round of a leader's term, so that a late reply confirms no later read. */
  round: number;
}
export interface HeartbeatReply extends Base {
  type: "heartbeatReply";
  round: number;
}
/** A part of the newest snapshot of the leader; one is under way to a follower at a time. */
export interface SnapshotChunk extends Base {
  type: "snapshotChunk";
  snapshot: SnapshotMeta;
  offset: number;
  data: Uint8Array;
}
/** What a follower must know of a snapshot to verify and to install it. */
export interface SnapshotMeta {
  index: number;
  term: number;
  configuration: IndexedConfiguration;
  bytes: number;
  /** Of the whole, in hex. */
  sha256: string;
}
export interface SnapshotReply extends Base {
  type: "snapshotReply";
  index: number;
  /** How much of it the follower has; the leader goes on from there. */
  nextOffset: number;
  /** The follower's log holds all up to `index` now. */
  installed: boolean;
}
/** Start an election at once (thesis 3.10). */
export interface TimeoutNow extends Base {
  type: "timeoutNow";
  /** Where the leader's log ends: one that has gone on since is a sign of a late message. */
  lastIndex: number;
}
/** From which index on may I answer a read? (thesis 6.4) */
export interface ReadIndexRequest extends Base {
  type: "readIndexRequest";
  id: number;
  /** A round of heartbeats is wanted; else the leader's lease is enough. */
  isConfirmed: boolean;
}
export interface ReadIndexReply extends Base {
  type: "readIndexReply";
  id: number;
  /** 0: ask again, the sender does not lead or can't know. */
  index: number;
}

export type Message =
  | PreVoteRequest
  | PreVoteReply
  | VoteRequest
  | VoteReply
  | Append
  | AppendReply
  | Heartbeat
  | HeartbeatReply
  | SnapshotChunk
  | SnapshotReply
  | TimeoutNow
  | ReadIndexRequest
  | ReadIndexReply;
