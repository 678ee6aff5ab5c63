import type { Context } from "./context.ts";
import type { PreVoteReply, PreVoteRequest, TimeoutNow, VoteReply, VoteRequest } from "./messages.ts";
import { isAlone, isQuorum } from "./quorum.ts";

/** A server that could not append lately lets others campaign first, for this many timeouts; it would not lead for long. */
const REFUSED_DELAY_TIMEOUTS = 2;

/** Pre-votes and votes, given and asked for; and the clock that begins them. */
export class Election {
  readonly #context: Context;
  readonly #lead: () => void;
  #deadlineMs: number;
  #votes = new Set<string>();
  #rejections = new Set<string>();
  /** Of the pre-vote that was asked for last. */
  #round = 0;
  /** When somebody asked for a pre-vote whose log is older than the own one. */
  #needyMs = Number.NEGATIVE_INFINITY;
  /** A snapshot is being installed: log and state are in between. */
  isHeld = false;
  /** The disk refused an append and has taken none since. */
  isDiskFull = false;

  /** `lead` is called when the election is won. */
  constructor(context: Context, lead: () => void) {
    this.#context = context;
    this.#lead = lead;
    this.#deadlineMs = 0;
    this.restart();
  }

  get deadlineMs(): number {
    return this.#context.role === "leader" ? Number.POSITIVE_INFINITY : this.#deadlineMs;
  }

  /** Redraws the timeout: T..2T from now. */
  restart() {
    const { nowMs, timing, random } = this.#context;
    const delay = this.isDiskFull ? REFUSED_DELAY_TIMEOUTS * timing.electionTimeoutMs : 0;
    this.#deadlineMs = nowMs + timing.electionTimeoutMs * (1 + random()) + delay;
  }

  tick() {
    const context = this.#context;
    if (context.nowMs < this.deadlineMs) return;
    this.restart();
    if (this.#mayCampaign) this.#askFirst();
    else context.setRole("follower", undefined);
  }

  /**
   * One without a vote campaigns when a candidate needs its vote that can't have it, and no leader is heard: whoever is to
   * get a vote may not have heard of that yet, and be the only one whose log is long enough. It hands over once it can.
   */
  get #mayCampaign(): boolean {
    const { mayCampaign, leaderContactMs } = this.#context;
    return !this.isHeld && (mayCampaign || this.#needyMs > leaderContactMs);
  }

  /** Begins an election without asking first. */
  campaign(isTransfer: boolean) {
    const context = this.#context;
    if (!this.#mayCampaign || context.role === "leader") return;
    this.restart();
    context.setTerm(context.term + 1, context.id);
    context.setRole("candidate", undefined);
    this.#votes = new Set();
    this.#rejections = new Set();
    const { term } = context;
    // The own vote counts, and is known to others, only once a crash can't take it back (rule B1).
    context.durability.whenDurable("hardState", () => {
      if (context.role !== "candidate" || context.term !== term) return;
      this.#votes.add(context.id);
      if (this.#hasWon()) return;
      const { lastIndex, lastTerm } = context.log;
      for (const to of this.#others()) context.send({ type: "voteRequest", to, lastIndex, lastTerm, isTransfer });
    });
  }

  /** Pre-vote: would an election be won? Changes nothing anywhere, so a server that was cut off disturbs nobody. */
  #askFirst() {
    const context = this.#context;
    if (isAlone(context.configuration, context.id)) return this.campaign(false);
    context.setRole("preCandidate", undefined);
    this.#votes = new Set([context.id]);
    this.#rejections = new Set();
    if (isQuorum(context.configuration, this.#votes)) return this.campaign(false);
    const { lastIndex, lastTerm } = context.log;
    const [round, term] = [context.freshNumber(), context.term + 1];
    this.#round = round;
    for (const to of this.#others()) {
      context.emit({
        type: "send",
        message: { type: "preVoteRequest", from: context.id, to, term, round, lastIndex, lastTerm },
      });
    }
  }

  onPreVoteRequest(request: PreVoteRequest) {
    const context = this.#context;
    const isFree = request.term > context.term || (request.term === context.term && this.#canVoteFor(request.from));
    const isUpToDate = this.#isUpToDate(request);
    if (!isUpToDate) this.#needyMs = context.nowMs;
    const granted = isFree && isUpToDate && !this.isLeaderNear();
    // Also a request of an older term is answered: its sender must learn of ours.
    const term = granted ? request.term : context.term;
    context.emit({
      type: "send",
      message: { type: "preVoteReply", from: context.id, to: request.from, term, round: request.round, granted },
    });
  }

  /** Whether it is about what is asked now: what was said to an earlier question, before a leader was heard, says nothing. */
  isAnswer({ round }: PreVoteReply): boolean {
    return this.#context.role === "preCandidate" && round === this.#round;
  }

  onPreVoteReply(reply: PreVoteReply) {
    const context = this.#context;
    if (!reply.granted) this.#rejected(reply.from);
    else if (reply.term === context.term + 1) {
      this.#votes.add(reply.from);
      if (isQuorum(context.configuration, this.#votes)) this.campaign(false);
    }
  }

  /** Of the current term; see `RaftCore` for what a higher or lower one means. */
  onVoteRequest(request: VoteRequest) {
    const context = this.#context;
    // The lease holds whatever has raised the term since the leader was heard, a refused pre-vote for example.
    const isFree = request.isTransfer || !this.isLeaderNear();
    const granted = isFree && this.#canVoteFor(request.from) && this.#isUpToDate(request);
    if (granted) {
      if (context.votedFor === "") context.setTerm(context.term, request.from);
      this.restart();
    }
    context.sendDurable("hardState", { type: "voteReply", to: request.from, granted });
  }

  onVoteReply(reply: VoteReply) {
    if (this.#context.role !== "candidate") return;
    if (!reply.granted) return this.#rejected(reply.from);
    this.#votes.add(reply.from);
    this.#hasWon();
  }

  /** A leader appends nothing while it hands over; one that has is leading on, and the message is a late one. */
  onTimeoutNow({ from, lastIndex }: TimeoutNow) {
    const { role, leader, log } = this.#context;
    if (role === "follower" && leader === from && log.lastIndex <= lastIndex) this.campaign(true);
  }

  /** A leader was heard so lately that its lease may hold: nobody else may be elected (rule of check-quorum). */
  isLeaderNear(): boolean {
    const { role, nowMs, leaderContactMs, timing } = this.#context;
    return role === "leader" || nowMs - leaderContactMs < timing.electionTimeoutMs;
  }

  #canVoteFor(candidate: string): boolean {
    const { votedFor, leader } = this.#context;
    return votedFor === candidate || (votedFor === "" && leader === undefined);
  }

  /** Whose log ends with a higher term, or is longer in the same one (Raft paper 5.4.1). */
  #isUpToDate({ lastIndex, lastTerm }: { lastIndex: number; lastTerm: number }): boolean {
    const { log } = this.#context;
    return lastTerm > log.lastTerm || (lastTerm === log.lastTerm && lastIndex >= log.lastIndex);
  }

  /** A majority against: waits for the next timeout as follower. */
  #rejected(from: string) {
    this.#rejections.add(from);
    if (isQuorum(this.#context.configuration, this.#rejections)) this.#context.setRole("follower", undefined);
  }

  #hasWon(): boolean {
    if (!isQuorum(this.#context.configuration, this.#votes)) return false;
    this.#lead();
    return true;
  }

  #others(): string[] {
    const { configuration, id } = this.#context;
    return configuration.servers.filter((server) => server.voter && server.id !== id).map((server) => server.id);
  }
}
