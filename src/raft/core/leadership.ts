import type { Context } from "./context.ts";
import type { FollowerProgress } from "./follower-progress.ts";
import { quorumValue } from "./quorum.ts";

/** Whether the others still take this server for their leader: rounds of heartbeats, check-quorum, lease. */
export class Leadership {
  readonly #context: Context;
  readonly #followers: ReadonlyMap<string, FollowerProgress>;
  readonly #sinceMs: number;
  /** When each round that may still be answered was sent. */
  readonly #sentMs = new Map<number, number>();
  #round = 0;
  nextBeatMs: number;

  constructor(context: Context, followers: ReadonlyMap<string, FollowerProgress>) {
    this.#context = context;
    this.#followers = followers;
    this.#sinceMs = context.nowMs;
    this.nextBeatMs = context.nowMs;
  }

  get round(): number {
    return this.#round;
  }

  /** A round is about to be sent. Numbers are never used twice in a term. */
  begin(): void {
    const { nowMs, timing } = this.#context;
    this.#round++;
    this.#sentMs.set(this.#round, nowMs);
    for (const [round, sentMs] of this.#sentMs) {
      if (nowMs - sentMs < timing.electionTimeoutMs) break;
      this.#sentMs.delete(round);
    }
  }

  /** The regular round of now was sent. Others, which reads ask for, must not put off the next one and its check-quorum. */
  beaten(): void {
    this.nextBeatMs = this.#context.nowMs + this.#context.timing.heartbeatMs;
  }

  acked(follower: FollowerProgress, round: number): void {
    if (round <= follower.ackedRound || round > this.#round) return;
    follower.ackedRound = round;
    follower.ackedSentMs = this.#sentMs.get(round) ?? follower.ackedSentMs;
  }

  /** Rounds so far say nothing of the lease any more, also those whose answers are still to come. */
  forgetRounds(): void {
    this.#sentMs.clear();
    for (const follower of this.#followers.values()) follower.ackedSentMs = Number.NEGATIVE_INFINITY;
  }

  /** The newest round that a majority has answered. */
  get confirmedRound(): number {
    return this.#ofQuorum(this.#round, ({ ackedRound }) => ackedRound);
  }

  /** Check-quorum: a majority was heard within one election timeout. A new leader has that long to be answered. */
  get isHeard(): boolean {
    const { nowMs, timing } = this.#context;
    const heardMs = this.#ofQuorum(nowMs, ({ contactMs }) => contactMs ?? this.#sinceMs);
    return nowMs - heardMs < timing.electionTimeoutMs;
  }

  /**
   * Nobody else can have been elected: a majority answered a round so lately that it refuses its votes still, and clocks
   * don't differ by more than the drift (thesis 6.4.1). Counted from when the round was sent.
   */
  hasLease(nowMs: number): boolean {
    const { timing } = this.#context;
    const sentMs = this.#ofQuorum(nowMs, ({ ackedSentMs }) => ackedSentMs);
    return nowMs < sentMs + timing.electionTimeoutMs * (1 - timing.clockDriftPart);
  }

  #ofQuorum(own: number, of: (follower: FollowerProgress) => number): number {
    const { configuration, id } = this.#context;
    return quorumValue(configuration, (voter) => {
      if (voter === id) return own;
      const follower = this.#followers.get(voter);
      return follower === undefined ? Number.NEGATIVE_INFINITY : of(follower);
    });
  }
}
