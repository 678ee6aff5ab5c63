import type { Clock, Timer } from "../../ports/clock.ts";
import type { Logger } from "../../ports/logger.ts";
import type { Meter } from "../../ports/meter.ts";
import type { JoinIntent, LeaveIntent } from "../messages.ts";
import type { SwimMember } from "../swim/delegate.ts";
import type { MemberStatus, PoolEvent, PoolMember } from "../types.ts";
import { decodeTags } from "../wire/tags.ts";
import type { LamportClock } from "./lamport-clock.ts";
import { RecentIntents } from "./recent-intents.ts";

/** A member that comes back sooner after it failed flaps. */
const FLAP_MS = 60_000;

export interface MemberListOptions {
  /** This member's name. */
  readonly name: string;
  readonly lamport: LamportClock;
  readonly clock: Clock;
  readonly log: Logger;
  readonly meter: Meter;
  /** How long a member that leaves is still there when it is to be forgotten. */
  readonly pruneDelayMs: number;
  readonly onEvent: (event: Extract<PoolEvent, { member: PoolMember }>) => void;
  readonly onForgotten: (name: string) => void;
}

/** What an intent was: `old` is not passed on, `new` is, and `refute` says what this member must contradict. */
export type IntentOutcome = "old" | "new" | "refute";

interface Entry {
  member: PoolMember;
  /** Of the newest intent about it. */
  ltime: number;
  /** When it failed or left. */
  goneMs: number;
  /** It left, and has said since that it joins: the membership will bring it. */
  isReturning: boolean;
}

/**
 * Members with what they said and what became of them. The membership below knows who answers; intents say whether one that
 * does not answer any more meant to go. Intents may come in any order and more than once: Lamport times decide.
 */
export class MemberList {
  readonly #options: MemberListOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #intents = new RecentIntents();
  readonly #counts: Record<MemberStatus, number> = { none: 0, alive: 0, leaving: 0, left: 0, failed: 0 };
  readonly #prunes = new Set<Timer>();
  #sorted: readonly PoolMember[] | undefined;
  /** This member goes, so what is said of its leaving is true. */
  isLeaving = false;

  constructor(options: MemberListOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#entries.size;
  }

  count(status: MemberStatus): number {
    return this.#counts[status];
  }

  get(name: string): PoolMember | undefined {
    return this.#entries.get(name)?.member;
  }

  *members(): Iterable<PoolMember> {
    for (const { member } of this.#entries.values()) yield member;
  }

  /** By name; the same list until something changes. */
  sorted(): readonly PoolMember[] {
    this.#sorted ??= [...this.members()].sort((a, b) => (a.name < b.name ? -1 : 1));
    return this.#sorted;
  }

  /**
   * Of the newest intents, for other members. Whoever reads them takes those of all that have not left for joins: of one that is
   * leaving it is the time before, so that the intent itself still counts where it comes later.
   */
  *ltimes(): Iterable<[name: string, ltime: number]> {
    for (const [name, { ltime, member }] of this.#entries)
      yield [name, member.status === "leaving" ? Math.max(0, ltime - 1) : ltime];
  }

  /**
   * Those that left, for the lists of other members. One that returns is not among them: its newest time is that of its
   * join, and whoever reads the list takes the leave for newer than that.
   */
  *left(): Iterable<string> {
    for (const [name, { member, isReturning }] of this.#entries)
      if (member.status === "left" && !isReturning) yield name;
  }

  /** The membership has a new member, or one again. Its address may be another one than before: that is no conflict. */
  joined(swim: SwimMember): void {
    const { log, meter, clock } = this.#options;
    let entry = this.#entries.get(swim.name);
    if (entry === undefined) {
      const intent = this.#intents.take(swim.name);
      const status = intent?.kind === "leave" ? "leaving" : "alive";
      entry = { member: memberOf(swim, status), ltime: intent?.ltime ?? 0, goneMs: 0, isReturning: false };
      this.#entries.set(swim.name, entry);
      this.#counts[status]++;
      this.#sorted = undefined;
    } else {
      const { status } = entry.member;
      if (status === "failed" && clock.monotonicMs() - entry.goneMs < FLAP_MS) meter.count("serf.member.flap");
      this.#replace(entry, memberOf(swim, "alive"));
    }
    meter.count("serf.member.join");
    log.info(`EventMemberJoin: ${swim.name} ${swim.at.address}`);
    this.#options.onEvent({ kind: "join", member: entry.member });
  }

  /** The membership has lost one. One that says itself that it goes has left, also when its intent was not heard. */
  gone(swim: SwimMember): void {
    const { log, meter } = this.#options;
    const entry = this.#entries.get(swim.name);
    if (entry === undefined) return;
    const { status } = entry.member;
    if (status !== "alive" && status !== "leaving") return;
    const hasLeft = status === "leaving" || swim.state === "left";
    entry.goneMs = this.#options.clock.monotonicMs();
    this.#replace(entry, { ...entry.member, status: hasLeft ? "left" : "failed" });
    meter.count(`serf.member.${hasLeft ? "left" : "failed"}`);
    log.info(`${hasLeft ? "EventMemberLeave" : "EventMemberFailed"}: ${swim.name} ${swim.at.address}`);
    this.#options.onEvent({ kind: hasLeft ? "leave" : "failed", member: entry.member });
  }

  updated(swim: SwimMember): void {
    const entry = this.#entries.get(swim.name);
    if (entry === undefined) return;
    this.#replace(entry, memberOf(swim, entry.member.status));
    this.#options.meter.count("serf.member.update");
    this.#options.log.info(`EventMemberUpdate: ${swim.name}`);
    this.#options.onEvent({ kind: "update", member: entry.member });
  }

  joinIntent({ ltime, node }: Omit<JoinIntent, "type">): IntentOutcome {
    if (!this.#options.lamport.witness(ltime)) return this.#unbelievable(node, ltime);
    const entry = this.#entries.get(node);
    if (entry === undefined) return this.#keepIntent(node, "join", ltime);
    if (ltime <= entry.ltime) return "old";
    entry.ltime = ltime;
    if (entry.member.status === "leaving") this.#replace(entry, { ...entry.member, status: "alive" });
    else entry.isReturning = entry.member.status === "left";
    return "new";
  }

  leaveIntent({ ltime, node, prune }: Omit<LeaveIntent, "type">): IntentOutcome {
    if (!this.#options.lamport.witness(ltime)) return this.#unbelievable(node, ltime);
    const entry = this.#entries.get(node);
    if (entry === undefined) return this.#keepIntent(node, "leave", ltime);
    // Of a leave and a join with the same time each member takes what it hears first, so this one says it once more.
    if (node === this.#options.name && !this.isLeaving) return ltime < entry.ltime ? "old" : "refute";
    if (ltime <= entry.ltime) return "old";
    // Also where nothing else changes: two leave intents would otherwise be passed on for ever (Consul's issue 8179).
    entry.ltime = ltime;
    entry.isReturning = false;
    if (entry.member.status === "alive") this.#replace(entry, { ...entry.member, status: "leaving" });
    else if (entry.member.status === "failed") this.#leaveByForce(entry);
    if (prune) this.#prune(entry);
    return "new";
  }

  /** Forgets failed and left members whose time is over, and intents of nodes that never came. */
  reap(timeoutMs: (member: PoolMember) => number): void {
    const nowMs = this.#options.clock.monotonicMs();
    for (const entry of [...this.#entries.values()]) {
      const { status } = entry.member;
      if (status !== "failed" && status !== "left") continue;
      if (nowMs - entry.goneMs <= timeoutMs(entry.member)) continue;
      this.#options.log.info(`EventMemberReap: ${entry.member.name}`);
      this.#forget(entry);
    }
    this.#intents.expire(nowMs);
  }

  close(): void {
    for (const timer of this.#prunes) timer.cancel();
    this.#prunes.clear();
  }

  #keepIntent(node: string, kind: "join" | "leave", ltime: number): IntentOutcome {
    return this.#intents.add(node, { kind, ltime }, this.#options.clock.monotonicMs()) ? "new" : "old";
  }

  #unbelievable(node: string, ltime: number): IntentOutcome {
    this.#options.log.warn("intent is not taken: its Lamport time is far ahead of this pool's", { node, ltime });
    return "old";
  }

  #leaveByForce(entry: Entry): void {
    this.#replace(entry, { ...entry.member, status: "left" });
    this.#options.log.info(`EventMemberLeave (forced): ${entry.member.name} ${entry.member.at.address}`);
    this.#options.onEvent({ kind: "leave", member: entry.member });
  }

  /** One that leaves is still there for a while; should it stay after all, it is not forgotten. */
  #prune(entry: Entry): void {
    const isGone = () => entry.member.status === "left" || entry.member.status === "leaving";
    const forget = () => {
      if (this.#entries.get(entry.member.name) !== entry || !isGone()) return;
      this.#options.log.info(`EventMemberReap (forced): ${entry.member.name} ${entry.member.at.address}`);
      this.#forget(entry);
    };
    if (entry.member.status !== "leaving") {
      forget();
      return;
    }
    const timer = this.#options.clock.after(this.#options.pruneDelayMs, () => {
      this.#prunes.delete(timer);
      forget();
    });
    this.#prunes.add(timer);
  }

  #forget(entry: Entry): void {
    const { member } = entry;
    this.#entries.delete(member.name);
    this.#counts[member.status]--;
    this.#sorted = undefined;
    this.#options.onForgotten(member.name);
    this.#options.onEvent({ kind: "reap", member });
  }

  #replace(entry: Entry, member: PoolMember): void {
    this.#counts[entry.member.status]--;
    this.#counts[member.status]++;
    entry.member = member;
    entry.isReturning = false;
    this.#sorted = undefined;
  }
}

function memberOf({ name, at, meta, versions }: SwimMember, status: MemberStatus): PoolMember {
  return { name, at, tags: decodeTags(meta), status, versions };
}
