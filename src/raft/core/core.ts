import { assert } from "../../lib/assert.ts";
import type { Configuration } from "../configuration.ts";
import type { Entry } from "../types.ts";
import { Context } from "./context.ts";
import { Election } from "./election.ts";
import { FollowerLog } from "./follower.ts";
import { Leader } from "./leader.ts";
import type { Message } from "./messages.ts";
import { RemoteReads } from "./remote-reads.ts";
import type { CoreOptions, CoreStatus, Effect, Event, Progress } from "./types.ts";

/**
 * Raft as a function: an event and the time go in, effects come out. It has no clock, no disk and no network; the same
 * events give the same effects. What a message promises is on the disk before it leaves, because writes are effects and
 * their completions are events. Broken invariants throw: the server must end then.
 *
 * Source: Ongaro's thesis (2014), with pre-vote (9.6), check-quorum, leadership transfer (3.10), servers without a vote,
 * one change of the configuration at a time (4.1, with the correction of 2015), read index and lease (6.4).
 */
export class RaftCore {
  readonly #context: Context;
  readonly #election: Election;
  readonly #follower: FollowerLog;
  readonly #remoteReads: RemoteReads;
  #leader: Leader | undefined;

  constructor(options: CoreOptions) {
    this.#context = new Context(options);
    this.#election = new Election(this.#context, () => this.#lead());
    this.#follower = new FollowerLog(this.#context, this.#election);
    this.#remoteReads = new RemoteReads(this.#context);
  }

  /** When a `tick` is due at the latest, if nothing else happens before. Infinity: never. */
  get nextDeadlineMs(): number {
    return Math.min(
      this.#leader?.deadlineMs ?? Number.POSITIVE_INFINITY,
      this.#election.deadlineMs,
      this.#remoteReads.deadlineMs,
    );
  }

  /** Takes one event; the effects are to be executed in their order. `nowMs` never goes back. */
  step(event: Event, nowMs: number): Effect[] {
    const context = this.#context;
    assert(nowMs >= context.nowMs, `time went back from ${context.nowMs} to ${nowMs}`);
    context.nowMs = nowMs;
    this.#take(event);
    return context.takeEffects();
  }

  #take(event: Event) {
    const context = this.#context;
    switch (event.type) {
      case "tick":
        this.#leader?.tick();
        this.#election.tick();
        return this.#remoteReads.tick();
      case "message":
        return this.#receive(event.message);
      case "slept":
        return this.#leader?.slept();
      case "propose":
        if (this.#leader !== undefined) return this.#leader.propose(event.id, event.drafts);
        return context.emit({ type: "refused", id: event.id, reason: "not leader" });
      case "change":
        if (this.#leader !== undefined) return this.#leader.change(event.id, event.change);
        return context.emit({ type: "refused", id: event.id, reason: "not leader" });
      case "read":
        if (this.#leader !== undefined) return this.#leader.read({ id: event.id, from: undefined }, event.isConfirmed);
        return this.#remoteReads.ask(event.id, event.isConfirmed);
      case "transfer":
        if (this.#leader !== undefined) return this.#leader.transfer(event.id, event.to);
        return context.emit({ type: "transferred", id: event.id, ok: false, reason: "not the leader" });
      case "persisted":
        return this.#persisted(event.id);
      case "appendRefused":
        return this.#appendRefused(event.id);
      case "entriesRead":
      case "snapshotRead":
        return this.#leader?.onRead(event);
      case "chunkWritten":
        return this.#follower.onChunkWritten(event.snapshot, event.nextOffset, event.ok);
      case "snapshotInstalled":
        return this.#follower.onInstalled(event.snapshot, event.ok);
      case "compacted":
        assert(event.index <= context.commitIndex, `compaction to ${event.index} beyond commit ${context.commitIndex}`);
        context.configurations.forget(event.index);
        return context.log.compact(event.index);
      case "bootstrap":
        return this.#bootstrap(event.configuration);
      case "recover":
        return this.#recover(event.configuration);
      case "campaign":
        return this.#election.campaign(false);
    }
  }

  #receive(message: Message) {
    const context = this.#context;
    assert(message.to === context.id, `a message for ${message.to} came to ${context.id}`);
    // These two have terms of their own: a request's is the one that an election would have, as a granted reply's.
    if (message.type === "preVoteRequest") return this.#election.onPreVoteRequest(message);
    if (message.type === "preVoteReply") {
      if (!this.#election.isAnswer(message)) return;
      if (!message.granted && message.term > context.term) this.#follow(message.term, undefined);
      return this.#election.onPreVoteReply(message);
    }
    if (message.type === "voteRequest" && message.term > context.term) {
      if (!message.isTransfer && this.#election.isLeaderNear()) return;
    }
    const isOfLeader = message.type === "append" || message.type === "heartbeat" || message.type === "snapshotChunk";
    if (message.term > context.term) this.#follow(message.term, undefined);
    else if (message.term < context.term) return this.#receiveOld(message, isOfLeader);
    if (isOfLeader) this.#hear(message.from);
    this.#receiveCurrent(message);
  }

  /** Old messages change nothing. An old leader or candidate is told the term, so that it steps down (rule of check-quorum). */
  #receiveOld({ type, from }: Message, isOfLeader: boolean) {
    if (isOfLeader) {
      const nothing = { ok: false, index: 0, hintIndex: 0, hintTerm: 0 };
      this.#context.sendDurable("hardState", { type: "appendReply", to: from, ...nothing });
    } else if (type === "voteRequest") {
      this.#context.sendDurable("hardState", { type: "voteReply", to: from, granted: false });
    }
  }

  #receiveCurrent(message: Message) {
    switch (message.type) {
      case "voteRequest":
        return this.#election.onVoteRequest(message);
      case "voteReply":
        return this.#election.onVoteReply(message);
      case "timeoutNow":
        return this.#election.onTimeoutNow(message);
      case "append":
        return this.#follower.onAppend(message);
      case "heartbeat":
        return this.#follower.onHeartbeat(message);
      case "snapshotChunk":
        return this.#follower.onChunk(message);
      case "readIndexReply":
        return this.#remoteReads.onReply(message);
      case "readIndexRequest":
        if (this.#leader === undefined) {
          return this.#context.send({ type: "readIndexReply", to: message.from, id: message.id, index: 0 });
        }
        return this.#leader.onMessage(message);
      default:
        return this.#leader?.onMessage(message);
    }
  }

  /** A leader of the current term was heard. */
  #hear(leader: string) {
    const context = this.#context;
    assert(context.role !== "leader", `${leader} leads term ${context.term}, as ${context.id} does`);
    context.leaderContactMs = context.nowMs;
    context.setRole("follower", leader);
    this.#election.restart();
  }

  /** A follower in a newer term, or in the same one after stepping down. */
  #follow(term: number, leader: string | undefined) {
    const context = this.#context;
    this.#leader?.end();
    this.#leader = undefined;
    if (term > context.term) context.setTerm(term, "");
    context.setRole("follower", leader);
    this.#remoteReads.fail();
  }

  #stepDown() {
    this.#follow(this.#context.term, undefined);
    this.#election.restart();
  }

  #lead() {
    this.#remoteReads.fail();
    this.#leader = new Leader(this.#context, () => this.#stepDown());
  }

  #persisted(id: number) {
    const context = this.#context;
    const done = context.durability.done(id);
    assert(done !== undefined, `write ${id} is done out of order`);
    if (done.lastIndex > context.log.durableIndex) this.#election.isDiskFull = false;
    context.durable(Math.min(done.lastIndex, context.log.lastIndex));
    for (const run of done.actions) run();
    this.#leader?.onDurable();
    if (this.#leader === undefined) context.log.shrink(context.commitIndex, context.limits.cacheBytesMax);
  }

  #appendRefused(id: number) {
    const context = this.#context;
    const isNews = context.durability.refuse(id);
    const done = context.durability.done(id);
    assert(done !== undefined, `write ${id} is refused out of order`);
    this.#election.isDiskFull = true;
    if (isNews) {
      if (this.#leader === undefined) context.forgetUndurable();
      else this.#leader.onRefused();
    }
    for (const run of done.actions) run();
  }

  #bootstrap(configuration: Configuration) {
    const context = this.#context;
    // Term 1 without an entry: a crash came between the two when it was tried before.
    assert(context.log.lastIndex === 0 && context.term <= 1, "only an empty log can be bootstrapped");
    context.setTerm(1, "");
    context.append([{ index: 1, term: 1, type: "configuration", data: JSON.stringify(configuration) }]);
  }

  #recover(configuration: Configuration) {
    const context = this.#context;
    if (this.#leader !== undefined) this.#stepDown();
    context.configurations.replace({ index: context.log.lastIndex, configuration });
    context.mustAnnounce = true;
    context.tellConfiguration();
    this.#election.campaign(false);
  }

  /** Entries from..to when all of them are in memory. */
  entries(from: number, to: number): readonly Entry[] | undefined {
    return this.#context.log.cached(from, to);
  }

  /**
   * Whether this server may answer a read of Consul's default mode at `nowMs` from a state that has applied all up to
   * `appliedIndex`, without asking anybody. The lease alone isn't enough: what leaders before have answered must be in it,
   * and what followers may have applied already.
   */
  hasLease(nowMs: number, appliedIndex: number): boolean {
    return this.#leader?.hasLease(nowMs, appliedIndex) ?? false;
  }

  /** Empty but on the leader. */
  progress(): Progress[] {
    return [...(this.#leader?.followers.values() ?? [])];
  }

  status(): CoreStatus {
    const context = this.#context;
    const { log } = context;
    return {
      id: context.id,
      role: context.role,
      term: context.term,
      leader: context.leader,
      firstIndex: log.firstIndex,
      lastIndex: log.lastIndex,
      lastTerm: log.lastTerm,
      durableIndex: log.durableIndex,
      commitIndex: context.commitIndex,
      configuration: context.configurations.latest,
      committedConfiguration: context.committedConfiguration,
      leaderContactMs: context.role === "leader" ? context.nowMs : context.leaderContactMs,
    };
  }
}
