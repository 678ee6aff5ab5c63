import type { Context } from "./context.ts";
import type { FollowerProgress } from "./follower-progress.ts";
import { isVoter } from "./quorum.ts";

/** Hands the leadership to another voter that has all entries (thesis 3.10). Proposals are refused meanwhile. */
export class Transfer {
  readonly #context: Context;
  readonly #followers: ReadonlyMap<string, FollowerProgress>;
  /** Since when this server leads: others had no time to answer before. */
  readonly #sinceMs: number;
  #underWay: { id: number; to: string; endMs: number } | undefined;
  /**
   * Somebody was told to campaign, and may do so whenever that message arrives: no lease holds for the rest of the term,
   * because a campaign of this kind is not refused.
   */
  mayHaveBegun = false;

  constructor(context: Context, followers: ReadonlyMap<string, FollowerProgress>) {
    this.#context = context;
    this.#followers = followers;
    this.#sinceMs = context.nowMs;
  }

  get isUnderWay(): boolean {
    return this.#underWay !== undefined;
  }

  get deadlineMs(): number {
    return this.#underWay?.endMs ?? Number.POSITIVE_INFINITY;
  }

  begin(id: number, wanted: string | undefined) {
    if (this.#underWay !== undefined) return this.#answer(id, "another transfer is under way");
    const target = wanted === undefined ? this.#best() : this.#followers.get(wanted);
    if (target === undefined || !isVoter(this.#context.configuration, target.id)) {
      if (wanted === undefined) return this.#answer(id, "no other voter answers");
      return this.#answer(id, wanted === this.#context.id ? "it leads already" : "not a voter of this cluster");
    }
    this.#underWay = { id, to: target.id, endMs: this.#context.nowMs + this.#context.timing.electionTimeoutMs };
    this.proceed(target);
  }

  /** A follower has more of the log now. */
  proceed({ id, match }: FollowerProgress) {
    if (this.#underWay?.to === id && match === this.#context.log.lastIndex) this.#tell(id);
  }

  /** The target did not take over in time: this server goes on. */
  tick() {
    if (this.#underWay === undefined || this.#context.nowMs < this.#underWay.endMs) return;
    this.#answer(this.#underWay.id, "the other server did not take over in time");
    this.#underWay = undefined;
  }

  /** The leader leaves: whoever is best prepared need not wait for a timeout. */
  handOver() {
    const best = this.#best();
    if (best !== undefined) this.#tell(best.id);
  }

  /** This server doesn't lead any more: what a transfer is for, if the other one was told to campaign. */
  end() {
    if (this.#underWay === undefined) return;
    const { id } = this.#underWay;
    if (this.mayHaveBegun) this.#context.emit({ type: "transferred", id, ok: true, reason: "" });
    else this.#answer(id, "this server lost the leadership before");
    this.#underWay = undefined;
  }

  #tell(to: string) {
    this.mayHaveBegun = true;
    this.#context.send({ type: "timeoutNow", to, lastIndex: this.#context.log.lastIndex });
  }

  /** The voter with most of the log, among those that were heard lately. */
  #best(): FollowerProgress | undefined {
    const { configuration, nowMs, timing } = this.#context;
    const isNear = ({ contactMs }: FollowerProgress) => nowMs - (contactMs ?? this.#sinceMs) < timing.electionTimeoutMs;
    let best: FollowerProgress | undefined;
    for (const follower of this.#followers.values()) {
      if (!isVoter(configuration, follower.id) || !isNear(follower)) continue;
      if (best === undefined || follower.match > best.match) best = follower;
    }
    return best;
  }

  #answer(id: number, reason: string) {
    this.#context.emit({ type: "transferred", id, ok: false, reason });
  }
}
