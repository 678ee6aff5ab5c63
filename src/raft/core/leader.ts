import { assert } from "../../lib/assert.ts";
import type { Configuration } from "../configuration.ts";
import type { Entry } from "../types.ts";
import { changed } from "./changes.ts";
import type { Context } from "./context.ts";
import { FollowerProgress } from "./follower-progress.ts";
import { Leadership } from "./leadership.ts";
import type { Message } from "./messages.ts";
import { isAlone, isVoter, quorumValue } from "./quorum.ts";
import { type Reader, Reads } from "./reads.ts";
import { Replicator } from "./replicator.ts";
import { Transfer } from "./transfer.ts";
import type { Change, Draft, Event, RefusedReason } from "./types.ts";

/** Without followers only what is about to be applied is asked for. */
const ALONE_CACHE_BYTES_MAX = 64 * 1024;

/** One leader's term: from the election that it won until it steps down. */
export class Leader {
  readonly followers = new Map<string, FollowerProgress>();
  readonly #context: Context;
  readonly #stepDown: () => void;
  readonly #replicator: Replicator;
  readonly #leadership: Leadership;
  readonly #transfer: Transfer;
  readonly #reads = new Reads();
  /** Reads that came before an entry of this term was committed. */
  #early: { reader: Reader; isConfirmed: boolean }[] = [];
  readonly #firstOfTerm: number;
  /** What this leader appended together, by the last index, until all of it is committed. */
  #uncommitted: { index: number; bytes: number }[] = [];
  #uncommittedBytes = 0;
  #commitNotifyMs = Number.POSITIVE_INFINITY;
  #seenCommit: number;

  /** `stepDown` ends this object: the server is a follower then. */
  constructor(context: Context, stepDown: () => void) {
    this.#context = context;
    this.#stepDown = stepDown;
    this.#replicator = new Replicator(context);
    this.#leadership = new Leadership(context, this.followers);
    this.#transfer = new Transfer(context, this.followers);
    this.#seenCommit = context.commitIndex;
    this.#firstOfTerm = context.log.lastIndex + 1;
    context.setRole("leader", context.id);
    this.#syncFollowers();
    // A commit counts only for entries of the own term (Raft paper 5.4.2): this one makes all before it count.
    this.#append([{ type: "noop", data: "" }]);
    if (context.mustAnnounce) this.#appendConfiguration(context.configuration);
    context.mustAnnounce = false;
    this.#beat();
    this.#leadership.beaten();
  }

  /** A server that is alone has nobody to send heartbeats to, and sleeps; reads may wait for one that has just left. */
  get deadlineMs(): number {
    const isAlone = this.followers.size === 0 && this.#reads.size === 0;
    const beatMs = isAlone ? Number.POSITIVE_INFINITY : this.#leadership.nextBeatMs;
    return Math.min(beatMs, this.#commitNotifyMs, this.#transfer.deadlineMs);
  }

  /** See `RaftCore.hasLease`. */
  hasLease(nowMs: number, appliedIndex: number): boolean {
    const isCurrent = this.#hasCommitted && appliedIndex >= this.#context.commitIndex;
    return isCurrent && !this.#transfer.mayHaveBegun && this.#leadership.hasLease(nowMs);
  }

  tick() {
    const { nowMs } = this.#context;
    this.#transfer.tick();
    if (nowMs >= this.#commitNotifyMs) this.#notifyCommit();
    if (nowMs < this.#leadership.nextBeatMs) return;
    if (!this.#leadership.isHeard) return this.#stepDown();
    if (this.#context.isDiskStalled && this.#hasOtherVoters) return this.#handOver();
    this.#beat();
    this.#leadership.beaten();
    // Who had to answer may have left the configuration since.
    this.#confirm();
  }

  /** Whatever waits for this leader won't happen here. */
  end() {
    this.#transfer.end();
    for (const { reader } of [...this.#early, ...this.#reads.drain()]) this.#failRead(reader);
    this.#early = [];
  }

  /** The lease counts from now on, by rounds of now; followers have kept their promises longer than they had to. */
  slept() {
    this.#leadership.forgetRounds();
  }

  propose(id: number, drafts: readonly Draft[]) {
    const reason = this.#whyNot(drafts);
    if (reason !== undefined) return this.#context.emit({ type: "refused", id, reason });
    const firstIndex = this.#context.log.lastIndex + 1;
    this.#context.emit({ type: "proposed", id, firstIndex, term: this.#context.term });
    this.#append(drafts);
  }

  #whyNot(drafts: readonly Draft[]): RefusedReason | undefined {
    const { log, commitIndex, limits } = this.#context;
    if (this.#transfer.isUnderWay) return "transferring";
    const entries = log.lastIndex - commitIndex + drafts.length;
    const bytes = drafts.reduce((sum, { data }) => sum + data.length, this.#uncommittedBytes);
    const isTooMuch = entries > limits.uncommittedEntriesMax || bytes > limits.uncommittedBytesMax;
    // One proposal of any size is taken when nothing else is under way.
    return isTooMuch && this.#uncommitted.length > 0 ? "too many uncommitted" : undefined;
  }

  change(id: number, change: Change) {
    const { configurations, commitIndex, configuration } = this.#context;
    let reason: RefusedReason | undefined;
    let wanted: Configuration | RefusedReason = configuration;
    if (this.#transfer.isUnderWay) reason = "transferring";
    else if (!this.#hasCommitted) reason = "not committed in this term";
    else if (configurations.latest.index > commitIndex) reason = "change under way";
    else wanted = changed(configuration, change);
    if (typeof wanted === "string") reason = wanted;
    if (reason !== undefined || typeof wanted === "string") {
      return this.#context.emit({ type: "refused", id, reason: reason ?? "already so" });
    }
    this.#context.emit({ type: "proposed", id, firstIndex: this.#context.log.lastIndex + 1, term: this.#context.term });
    this.#appendConfiguration(wanted);
  }

  read(reader: Reader, isConfirmed: boolean) {
    const { commitIndex, limits, nowMs } = this.#context;
    if (this.#reads.size + this.#early.length >= limits.readsMax) return this.#failRead(reader);
    if (!this.#hasCommitted) {
      this.#early.push({ reader, isConfirmed });
      return;
    }
    if (!isConfirmed && this.hasLease(nowMs, commitIndex)) return this.#readReady(reader, commitIndex);
    const round = this.#beat();
    this.#reads.add(reader, commitIndex, round);
    this.#confirm();
  }

  transfer(id: number, to: string | undefined) {
    this.#transfer.begin(id, to);
  }

  onMessage(message: Message) {
    const follower = this.followers.get(message.from);
    if (follower !== undefined) follower.contactMs = this.#context.nowMs;
    switch (message.type) {
      case "readIndexRequest":
        return this.read({ id: message.id, from: message.from }, message.isConfirmed);
      case "heartbeatReply":
        if (follower === undefined) return;
        this.#leadership.acked(follower, message.round);
        this.#replicator.onContact(follower);
        return this.#confirm();
      case "appendReply":
        if (follower === undefined) return;
        this.#replicator.onAppendReply(follower, message);
        return this.#matched(follower);
      case "snapshotReply":
        if (follower === undefined) return;
        this.#replicator.onSnapshotReply(follower, message);
        return this.#matched(follower);
    }
  }

  onRead(event: Extract<Event, { type: "entriesRead" | "snapshotRead" }>) {
    const follower = this.followers.get(event.to);
    if (follower === undefined) return;
    if (event.type === "entriesRead") this.#replicator.onEntriesRead(follower, event.from, event.entries);
    else this.#replicator.onSnapshotRead(follower, event.offset, event.chunk);
  }

  /** The own disk has more of the log now. */
  onDurable() {
    this.#advance();
  }

  /** What was appended last isn't on the own disk. */
  onRefused() {
    const context = this.#context;
    const isLone = isAlone(context.configuration, context.id);
    context.forgetUndurable();
    const fromIndex = context.log.lastIndex + 1;
    // Others may have the entries, one that is leaving too: whoever leads next decides about them, in another term.
    if (!isLone || fromIndex <= Math.max(this.#firstOfTerm, this.#replicator.sentIndex)) return this.#stepDown();
    this.#uncommitted = this.#uncommitted.filter(({ index }) => index < fromIndex);
    this.#uncommittedBytes = this.#uncommitted.reduce((sum, { bytes }) => sum + bytes, 0);
    context.emit({ type: "dropped", fromIndex });
  }

  get #hasCommitted(): boolean {
    return this.#context.commitIndex >= this.#firstOfTerm;
  }

  #append(drafts: readonly Omit<Entry, "index" | "term">[]) {
    const context = this.#context;
    const first = context.log.lastIndex + 1;
    const { term } = context;
    const entries: Entry[] = [];
    let bytes = 0;
    for (const { type, data, command } of drafts) {
      entries.push({ index: first + entries.length, term, type, data, command });
      bytes += data.length;
    }
    this.#uncommitted.push({ index: first + entries.length - 1, bytes });
    this.#uncommittedBytes += bytes;
    context.append(entries);
    this.#replicateAll();
  }

  /** In force at once: from here on its servers are followers, and its voters decide. */
  #appendConfiguration(configuration: Configuration) {
    this.#append([{ type: "configuration", data: JSON.stringify(configuration) }]);
    this.#syncFollowers();
    this.#replicateAll();
  }

  #syncFollowers() {
    const { configuration, id, log } = this.#context;
    const ids = new Set(configuration.servers.map((server) => server.id));
    for (const follower of this.followers.values()) follower.isLeaving = !ids.has(follower.id);
    for (const other of ids) {
      if (other === id || this.followers.has(other)) continue;
      this.followers.set(other, new FollowerProgress(other, log.lastIndex + 1));
    }
  }

  #replicateAll() {
    for (const follower of this.followers.values()) this.#replicator.replicate(follower);
  }

  #matched(follower: FollowerProgress) {
    this.#advance();
    this.#transfer.proceed(follower);
  }

  /** Counts who has what, and takes up what follows from a new commit index. */
  #advance() {
    const context = this.#context;
    const { configuration, id, log, limits } = context;
    const quorum = quorumValue(configuration, (voter) =>
      voter === id ? log.durableIndex : (this.followers.get(voter)?.match ?? 0),
    );
    if (log.termAt(quorum) === context.term) context.commit(quorum);
    if (context.commitIndex === this.#seenCommit) return;
    this.#seenCommit = context.commitIndex;
    while (this.#uncommitted[0] !== undefined && this.#uncommitted[0].index <= context.commitIndex) {
      this.#uncommittedBytes -= this.#uncommitted.shift()?.bytes ?? 0;
    }
    log.shrink(context.commitIndex, this.followers.size === 0 ? ALONE_CACHE_BYTES_MAX : limits.cacheBytesMax);
    if (this.followers.size > 0) {
      this.#commitNotifyMs = Math.min(this.#commitNotifyMs, context.nowMs + context.timing.commitNotifyMs);
    }
    this.#takeEarlyReads();
    this.#settleConfiguration();
  }

  #takeEarlyReads() {
    if (!this.#hasCommitted || this.#early.length === 0) return;
    const early = this.#early;
    this.#early = [];
    for (const { reader, isConfirmed } of early) this.read(reader, isConfirmed);
  }

  /** Once a configuration is committed, who isn't in it goes, and if that is the leader, somebody else leads. */
  #settleConfiguration() {
    const { configurations, commitIndex, configuration, id } = this.#context;
    if (configurations.latest.index > commitIndex) return;
    for (const follower of this.followers.values()) {
      if (!follower.isLeaving) continue;
      this.#tell(follower);
      this.followers.delete(follower.id);
    }
    if (!isVoter(configuration, id)) this.#handOver();
  }

  get #hasOtherVoters(): boolean {
    const { configuration, id } = this.#context;
    return configuration.servers.some((server) => server.voter && server.id !== id);
  }

  /** Somebody else shall lead: a leader without a vote may not, and one whose disk hangs commits nothing. */
  #handOver() {
    this.#transfer.handOver();
    this.#stepDown();
  }

  #notifyCommit() {
    this.#commitNotifyMs = Number.POSITIVE_INFINITY;
    for (const follower of this.followers.values()) {
      if (follower.toldCommit < Math.min(this.#context.commitIndex, follower.match)) this.#tell(follower);
    }
  }

  /** A new round of heartbeats; its number. */
  #beat(): number {
    this.#leadership.begin();
    for (const follower of this.followers.values()) this.#tell(follower);
    return this.#leadership.round;
  }

  #tell(follower: FollowerProgress) {
    const commit = Math.min(this.#context.commitIndex, follower.match);
    follower.toldCommit = commit;
    this.#context.send({ type: "heartbeat", to: follower.id, commit, round: this.#leadership.round });
  }

  #confirm() {
    for (const { reader, index } of this.#reads.confirmed(this.#leadership.confirmedRound))
      this.#readReady(reader, index);
  }

  #readReady({ id, from }: Reader, index: number) {
    if (from === undefined) return this.#context.emit({ type: "readReady", id, index });
    const follower = this.followers.get(from);
    if (follower !== undefined && follower.toldCommit < Math.min(index, follower.match)) this.#tell(follower);
    this.#context.send({ type: "readIndexReply", to: from, id, index });
  }

  #failRead({ id, from }: Reader) {
    if (from === undefined) return this.#context.emit({ type: "readFailed", id });
    assert(from !== this.#context.id, "a server asks itself by an event");
    this.#context.send({ type: "readIndexReply", to: from, id, index: 0 });
  }
}
