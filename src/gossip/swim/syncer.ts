import type { Timer } from "../../ports/clock.ts";
import type { Endpoint, PushedNode, PushPull } from "../messages.ts";
import { incompatibility } from "./compatibility.ts";
import type { Context } from "./context.ts";
import { WARNINGS_PER_SECOND_MAX } from "./limits.ts";
import type { Membership } from "./membership.ts";
import { RateLimit } from "./rate-limit.ts";
import { pushPullIntervalMs } from "./scale.ts";

/** Merging so many members takes some milliseconds. */
const SLICE_NODES = 128;

/**
 * One who knows nobody tells on what it learns, but not of so many: thousands would keep its gossip busy for an hour, and
 * all whom it could tell know them.
 */
const TOLD_ON_MAX = 256;

/** Exchanges all states with one random member now and then: what gossip has left out is made up for. */
export class Syncer {
  readonly #context: Context;
  readonly #membership: Membership;
  readonly #warnings: RateLimit;
  #timer: Timer | undefined;
  #isClosed = false;

  constructor(context: Context, membership: Membership) {
    this.#context = context;
    this.#membership = membership;
    this.#warnings = new RateLimit(context.clock, WARNINGS_PER_SECOND_MAX);
  }

  start(): void {
    const { random, timing } = this.#context;
    this.#wait(random.float() * timing.pushPullIntervalMs);
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
  }

  /** Rejects with a text for the operator. */
  async pushPull(to: Endpoint, isJoin: boolean): Promise<void> {
    const { transport, clock, meter } = this.#context;
    const startMs = clock.monotonicMs();
    const remote = await transport.pushPull(to, this.#state(isJoin));
    meter.sample("memberlist.pushPullNode", clock.monotonicMs() - startMs);
    await this.#merge(remote, isJoin);
  }

  /** Why those of a peer that joins can't be in one pool with those here, if so. Many are looked at in slices. */
  async refuseJoin(nodes: readonly PushedNode[]): Promise<string | undefined> {
    if (nodes.length > SLICE_NODES) await this.#prepare(nodes);
    return this.#refusal(nodes, true);
  }

  /** The own state, for a peer that gave its own. It is merged when the answer is on its way, as peers expect it. */
  onPushPull(from: Endpoint, remote: PushPull): PushPull {
    const { clock, log } = this.#context;
    clock.soon(() => {
      this.#merge(remote, remote.isJoin).catch((error: unknown) => {
        if (this.#isClosed || !this.#warnings.take()) return;
        log.warn("the states of a peer are not merged", { from: from.address, error: String(error) });
      });
    });
    return this.#state(remote.isJoin);
  }

  #state(isJoin: boolean): PushPull {
    const { roster, delegate } = this.#context;
    return { isJoin, nodes: [...roster.members()], userState: delegate.localState(isJoin) };
  }

  /** Rejects when the two sides can't be in one pool. Few members are merged at once, many in slices. */
  async #merge({ nodes, userState }: PushPull, isJoin: boolean): Promise<void> {
    this.#mustBeOpen();
    const isLong = nodes.length > SLICE_NODES;
    if (isJoin && isLong) await this.#prepare(nodes);
    const refusal = this.#refusal(nodes, isJoin);
    if (refusal !== undefined) throw new Error(refusal);
    const isNews = nodes.length <= TOLD_ON_MAX || this.#context.roster.aliveCount > 1;
    if (isLong) await this.#inSlices(nodes, (slice) => this.#takeAll(slice, isNews));
    else this.#takeAll(nodes, isNews);
    if (userState.length > 0) this.#context.delegate.mergeState(userState, isJoin);
  }

  #prepare(nodes: readonly PushedNode[]): Promise<void> {
    return this.#inSlices(nodes, (slice) => this.#context.delegate.onPushed?.(slice));
  }

  #refusal(nodes: readonly PushedNode[], isJoin: boolean): string | undefined {
    const { roster, delegate } = this.#context;
    return incompatibility(roster.members(), nodes) ?? (isJoin ? delegate.refuseMerge(nodes) : undefined);
  }

  /** Others have the event loop before each slice. */
  async #inSlices(nodes: readonly PushedNode[], work: (slice: readonly PushedNode[]) => void): Promise<void> {
    const { clock } = this.#context;
    for (let at = 0; at < nodes.length; at += SLICE_NODES) {
      await new Promise<void>((resolve) => clock.soon(resolve));
      this.#mustBeOpen();
      work(nodes.slice(at, at + SLICE_NODES));
    }
  }

  #mustBeOpen(): void {
    if (this.#isClosed) throw new Error("this member is no longer in the pool");
  }

  #takeAll(nodes: readonly PushedNode[], isNews: boolean): void {
    for (const node of nodes) this.#take(node, isNews);
  }

  /** A death that others tell of is only a suspicion here, so that the member can still say that it is alive. */
  #take({ name: node, at, meta, incarnation, state, versions }: PushedNode, isNews: boolean): void {
    const membership = this.#membership;
    if (state === "alive") membership.alive({ type: "alive", incarnation, node, at, meta, versions }, isNews);
    else if (state === "left") membership.dead({ type: "dead", incarnation, node, from: node });
    else membership.suspect({ type: "suspect", incarnation, node, from: this.#context.name });
  }

  #wait(staggerMs: number): void {
    const { clock, timing, roster } = this.#context;
    this.#timer = clock.after(staggerMs + pushPullIntervalMs(timing, roster.size), () => void this.#tick());
  }

  async #tick(): Promise<void> {
    const { name, roster, log } = this.#context;
    const [peer] = roster.pick(1, (member) => member.state === "alive" && member.name !== name);
    try {
      if (peer !== undefined) await this.pushPull(peer.at, false);
    } catch (error) {
      if (!this.#isClosed) log.warn("could not exchange states", { member: peer?.name, error: String(error) });
    }
    if (!this.#isClosed) this.#wait(0);
  }
}
