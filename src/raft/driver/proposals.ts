import { Refusal } from "../../lib/refusal.ts";
import type { Clock, Timer } from "../../ports/clock.ts";
import type { Meter } from "../../ports/meter.ts";
import type { Change, Draft, Event, Limits, RefusedReason } from "../core/types.ts";
import {
  changeRefusal,
  commitTimedOut,
  leadershipLost,
  noLeader,
  proposalRefusal,
  tooManyWrites,
} from "../refusals.ts";
import type { Entry } from "../types.ts";
import { Gather } from "./gather.ts";

/** Nobody waits longer for a majority that is heard but doesn't write. */
const COMMIT_MS_MAX = 30_000;

interface Proposal {
  bytes: number;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

type Gathered = Proposal & { draft: Draft };

/** Proposals that went to the core together; the core has given them consecutive indexes. */
interface Group {
  firstIndex: number;
  lastIndex: number;
  term: number;
  proposals: readonly Proposal[];
  /** The first index that is not decided. */
  next: number;
  /** What the log holds for them, while this server leads the term. */
  entries: readonly Entry[] | undefined;
  startMs: number;
  isCommitted: boolean;
  /** This server doesn't lead their term any more. */
  isLost: boolean;
  /** Who still waits is told at this time that nobody knows. */
  endMs: number;
}

export interface ProposalsDeps {
  clock: Clock;
  meter: Meter;
  limits: Pick<Limits, "uncommittedEntriesMax" | "uncommittedBytesMax">;
  /** How long an undecided proposal outlives its leader. */
  electionTimeoutMs: number;
  step(event: Event): void;
  /** Whether the disk still works on what it was given before. */
  isDiskBusy(): boolean;
}

/**
 * Proposals from their callers to the core and, once their entries are decided, back. Those of one turn of the event loop,
 * and those that come while the disk is busy, go together: one write, one message to each follower.
 */
export class Proposals {
  readonly #deps: ProposalsDeps;
  readonly #gather: Gather<Gathered>;
  #nextId = 1;
  /** Handed to the core, which has not answered: within one step. */
  readonly #asked = new Map<number, { proposals: readonly Proposal[]; refusal: (reason: RefusedReason) => Refusal }>();
  /** In order of their proposing; of several terms when leadership was lost. */
  #groups: Group[] = [];
  /** Not decided, and their bytes. */
  #count = 0;
  #bytes = 0;
  #timer: Timer | undefined;
  #drained: (() => void)[] = [];

  constructor(deps: ProposalsDeps) {
    this.#deps = deps;
    const { clock, isDiskBusy } = deps;
    this.#gather = new Gather({ clock, isDiskBusy, send: (proposals) => this.#propose(proposals) });
  }

  /** See `RaftNode.propose`. */
  propose(draft: Draft): Promise<unknown> {
    const { uncommittedEntriesMax, uncommittedBytesMax } = this.#deps.limits;
    const bytes = draft.data.length;
    const isTooMuch = this.#count >= uncommittedEntriesMax || this.#bytes + bytes > uncommittedBytesMax;
    if (isTooMuch && this.#count > 0) return Promise.reject(tooManyWrites());
    this.#count++;
    this.#bytes += bytes;
    return new Promise((resolve, reject) => this.#gather.add({ draft, bytes, resolve, reject }));
  }

  /** Resolves when the changed configuration is committed and applied. */
  change(change: Change): Promise<unknown> {
    this.#count++;
    return new Promise((resolve, reject) => {
      const id = this.#ask([{ bytes: 0, resolve, reject }], changeRefusal);
      this.#deps.step({ type: "change", id, change });
    });
  }

  /** See `Gather.onDiskIdle`. */
  onDiskIdle(): void {
    this.#gather.onDiskIdle();
  }

  /** Hands all that was gathered to the core. */
  flush(): void {
    this.#gather.flush();
  }

  #propose(proposals: readonly Gathered[]): void {
    const drafts = proposals.map(({ draft }) => draft);
    this.#deps.step({ type: "propose", id: this.#ask(proposals, proposalRefusal), drafts });
  }

  #ask(proposals: readonly Proposal[], refusal: (reason: RefusedReason) => Refusal): number {
    const id = this.#nextId++;
    this.#asked.set(id, { proposals, refusal });
    return id;
  }

  onProposed(id: number, firstIndex: number, term: number): void {
    const asked = this.#asked.get(id);
    if (asked === undefined) return;
    this.#asked.delete(id);
    const { proposals } = asked;
    const startMs = this.#deps.clock.monotonicMs();
    this.#groups.push({
      firstIndex,
      lastIndex: firstIndex + proposals.length - 1,
      term,
      proposals,
      next: firstIndex,
      entries: undefined,
      startMs,
      isCommitted: false,
      isLost: false,
      endMs: startMs + COMMIT_MS_MAX,
    });
    if (this.#timer === undefined) this.#watch();
    this.#deps.meter.count("raft.apply", proposals.length);
    this.#deps.meter.gauge("raft.leader.dispatchNumLogs", proposals.length);
  }

  onRefused(id: number, reason: RefusedReason): void {
    const asked = this.#asked.get(id);
    if (asked === undefined) return;
    this.#asked.delete(id);
    for (const proposal of asked.proposals) this.#reject(proposal, asked.refusal(reason));
  }

  /** Entries are on their way to the disk; those of the newest group are applied from memory later. */
  onAppend(entries: readonly Entry[]): void {
    const group = this.#groups.at(-1);
    const first = entries[0]?.index ?? 0;
    if (group === undefined || group.entries !== undefined || group.isLost) return;
    const at = group.firstIndex - first;
    if (at < 0 || at + group.proposals.length > entries.length) return;
    group.entries =
      entries.length === group.proposals.length ? entries : entries.slice(at, at + group.proposals.length);
  }

  /** Entries from `from` on, up to `to` at most, when they are of a group of the term that this server leads. */
  entries(from: number, to: number): readonly Entry[] | undefined {
    const group = this.#groups.find((each) => each.entries !== undefined && each.lastIndex >= from);
    if (group?.entries === undefined || group.firstIndex > from) return undefined;
    if (group.firstIndex === from && group.lastIndex <= to) return group.entries;
    return group.entries.slice(from - group.firstIndex, to - group.firstIndex + 1);
  }

  onCommit(index: number): void {
    const { meter, clock } = this.#deps;
    for (const group of this.#groups) {
      if (group.isCommitted || group.lastIndex > index || group.isLost) continue;
      group.isCommitted = true;
      meter.sample("raft.commitTime", clock.monotonicMs() - group.startMs);
      meter.gauge("raft.commitNumLogs", group.proposals.length);
    }
  }

  /** Entries were applied. Whose index now holds an entry of another term is certain not to be in the log. */
  onApplied(entries: readonly Entry[], results: readonly unknown[]): void {
    const first = entries[0]?.index ?? 0;
    const last = first + entries.length - 1;
    for (const group of this.#groups) {
      // A snapshot took the place of the entries before `first`.
      while (group.next < first && group.next <= group.lastIndex) this.#decide(group, leadershipLost());
      while (group.next <= last && group.next <= group.lastIndex) {
        const at = group.next - first;
        this.#decide(group, entries[at]?.term === group.term ? results[at] : noLeader());
      }
    }
    this.#forgetDecided();
  }

  #decide(group: Group, result: unknown): void {
    const proposal = group.proposals[group.next - group.firstIndex];
    group.next++;
    if (proposal === undefined) return;
    if (result instanceof Refusal) {
      this.#reject(proposal, result);
      return;
    }
    this.#count--;
    this.#bytes -= proposal.bytes;
    proposal.resolve(result);
  }

  #reject(proposal: Proposal, error: Refusal): void {
    this.#count--;
    this.#bytes -= proposal.bytes;
    proposal.reject(error);
  }

  /** Entries from `fromIndex` on are not in the log and never will be: the disk did not take them. */
  onDropped(fromIndex: number, refusal: Refusal | undefined): void {
    const { message = "no space left for the log", status } = refusal ?? {};
    for (const group of this.#groups) {
      if (group.lastIndex < fromIndex) continue;
      const from = Math.max(fromIndex, group.next);
      for (const proposal of group.proposals.slice(from - group.firstIndex)) {
        this.#reject(proposal, new Refusal(message, status, "refused"));
      }
      group.entries = group.entries?.slice(0, from - group.firstIndex);
      group.lastIndex = from - 1;
    }
    this.#forgetDecided();
  }

  /** What was not handed over is refused; who waits for an entry hears of it within an election timeout. */
  onLeadershipLost(): void {
    const endMs = this.#deps.clock.monotonicMs() + this.#deps.electionTimeoutMs;
    for (const group of this.#groups) {
      group.entries = undefined;
      group.isLost = true;
      group.endMs = Math.min(group.endMs, endMs);
    }
    this.#refuseGathered();
    this.#watch();
  }

  #refuseGathered(): void {
    for (const proposal of this.#gather.take()) this.#reject(proposal, noLeader());
    this.#wakeDrained();
  }

  #watch(): void {
    const { clock } = this.#deps;
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#groups.length === 0) return;
    const endMs = Math.min(...this.#groups.map((group) => group.endMs));
    this.#timer = clock.after(Math.max(0, endMs - clock.monotonicMs()), () => {
      this.#timer = undefined;
      const nowMs = clock.monotonicMs();
      this.#giveUp((group) => group.endMs <= nowMs);
      this.#watch();
    });
  }

  /** Nobody here will learn what becomes of them. */
  giveUp(): void {
    this.#timer?.cancel();
    this.#refuseGathered();
    for (const group of this.#groups) group.isLost = true;
    this.#giveUp(() => true);
  }

  #giveUp(isOver: (group: Group) => boolean): void {
    for (const group of this.#groups.filter(isOver)) {
      const refusal = group.isLost ? leadershipLost : commitTimedOut;
      while (group.next <= group.lastIndex) this.#decide(group, refusal());
    }
    this.#forgetDecided();
  }

  #forgetDecided(): void {
    if (this.#groups.some(({ next, lastIndex }) => next > lastIndex)) {
      this.#groups = this.#groups.filter(({ next, lastIndex }) => next <= lastIndex);
    }
    this.#wakeDrained();
  }

  /** Resolves when none is left that waits. */
  drained(): Promise<void> {
    if (this.#count === 0) return Promise.resolve();
    return new Promise((resolve) => this.#drained.push(resolve));
  }

  #wakeDrained(): void {
    if (this.#count > 0 || this.#drained.length === 0) return;
    for (const resolve of this.#drained.splice(0)) resolve();
  }
}
