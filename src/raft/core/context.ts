import { assert } from "../../lib/assert.ts";
import type { Configuration, IndexedConfiguration } from "../configuration.ts";
import type { Entry } from "../types.ts";
import { Configurations } from "./configurations.ts";
import { Durability } from "./durability.ts";
import { RaftLog } from "./log.ts";
import type { Message } from "./messages.ts";
import { isVoter } from "./quorum.ts";
import type { CoreOptions, Effect, Limits, Role, Timing } from "./types.ts";

/** So many numbers that two starts of a server don't use the same ones. */
const FIRST_NUMBER_MAX = 2 ** 48;

/** Without the fields that every message has. */
export type Body<M extends Message = Message> = M extends Message ? Omit<M, "from" | "term"> : never;

/** What all parts of the core share: log, term and vote, who leads, the effects of this step. */
export class Context {
  readonly id: string;
  readonly timing: Timing;
  readonly limits: Limits;
  readonly random: () => number;
  readonly log: RaftLog;
  readonly configurations: Configurations;
  readonly durability = new Durability();
  nowMs: number;
  term: number;
  votedFor: string;
  role: Role = "follower";
  leader: string | undefined;
  /** When a leader was heard last; a start counts, because what was promised before it is forgotten. */
  leaderContactMs: number;
  /** Committed and on the own disk: entries up to here are applied, and a crash never leaves the state ahead of the log. */
  commitIndex: number;
  /** Known to be committed; the disk may still be behind. */
  #knownCommit: number;
  /** The configuration in force is not in the log yet, see `CoreStart.isForced`. */
  mustAnnounce: boolean;
  #effects: Effect[] = [];
  #nextNumber: number;
  /** Where the disk may hold more than the log, after a refused truncation. */
  #truncateNextFrom: number | undefined;

  constructor({ start, timing, limits, random, nowMs }: CoreOptions) {
    this.id = start.id;
    this.timing = timing;
    this.limits = limits;
    this.random = random;
    this.nowMs = nowMs;
    this.#nextNumber = Math.floor(random() * FIRST_NUMBER_MAX);
    this.log = new RaftLog(start);
    this.configurations = new Configurations(start.configurations);
    this.term = start.hardState.term;
    this.votedFor = start.hardState.votedFor;
    this.leaderContactMs = nowMs;
    this.mustAnnounce = start.isForced ?? false;
    this.commitIndex = start.commitIndex;
    this.#knownCommit = start.commitIndex;
    assert(
      start.commitIndex <= start.lastIndex,
      `committed ${start.commitIndex} is beyond the log's end ${start.lastIndex}`,
    );
    assert(start.hardState.term >= this.log.lastTerm, `term ${this.term} is before the log's ${this.log.lastTerm}`);
  }

  get configuration(): Configuration {
    return this.configurations.latest.configuration;
  }

  /**
   * Whether it may ask for votes. Also one that is to lose its vote does until that is committed: it may be the only one
   * whose log is long enough (thesis 4.2.2). Its own vote does not count then.
   */
  get mayCampaign(): boolean {
    return this.configurations.from(this.commitIndex).some(({ configuration }) => isVoter(configuration, this.id));
  }

  /** The disk takes longer for a write than one that works: this server can't do its part. */
  get isDiskStalled(): boolean {
    const { oldestMs } = this.durability;
    return oldestMs !== undefined && this.nowMs - oldestMs >= this.timing.diskStallMs;
  }

  /** For a question to others: a late answer to an earlier one, also of the time before a restart, must not pass for its. */
  freshNumber(): number {
    return this.#nextNumber++;
  }

  emit(effect: Effect): void {
    this.#effects.push(effect);
  }

  /** Sends with the own id and the term of now. */
  send(body: Body): void {
    this.#effects.push({ type: "send", message: { ...body, from: this.id, term: this.term } as Message });
  }

  /** Sends once what the message promises is on the disk, unless the term is another one by then. */
  sendDurable(needs: "hardState" | "log", body: Body): void {
    const { term } = this;
    this.durability.whenDurable(needs, () => {
      if (this.term === term) this.send(body);
    });
  }

  /** A term without a vote, or the vote in a term. */
  setTerm(term: number, votedFor: string): void {
    assert(term >= this.term, `term ${term} after ${this.term}`);
    assert(term > this.term || this.votedFor === "" || this.votedFor === votedFor, `a second vote in term ${term}`);
    this.term = term;
    this.votedFor = votedFor;
    this.durability.saveHardState({ term, votedFor });
  }

  setRole(role: Role, leader: string | undefined): void {
    if (this.role === role && this.leader === leader) return;
    this.role = role;
    this.leader = leader;
    this.emit({ type: "role", role, term: this.term, leader });
  }

  /** Appends to the log and has it written; entries from `truncateFrom` on go first. */
  append(entries: readonly Entry[], truncateFrom?: number): void {
    let cutFrom = truncateFrom;
    if (truncateFrom !== undefined) this.#truncate(truncateFrom);
    if (this.#truncateNextFrom !== undefined)
      cutFrom = Math.min(this.#truncateNextFrom, cutFrom ?? Number.POSITIVE_INFINITY);
    this.#truncateNextFrom = undefined;
    this.log.append(entries);
    this.durability.saveEntries(entries, cutFrom);
    const before = this.configurations.latest;
    for (const { type, index, data } of entries) {
      if (type === "configuration") this.configurations.append(index, JSON.parse(data) as Configuration);
    }
    if (this.configurations.latest !== before) this.tellConfiguration();
  }

  /** The disk did not take what was appended last: the log ends where the disk's does. */
  forgetUndurable(): void {
    const from = this.log.durableIndex + 1;
    this.#truncateNextFrom = from;
    this.#knownCommit = Math.min(this.#knownCommit, this.log.durableIndex);
    if (from <= this.log.lastIndex) this.#truncate(from);
  }

  #truncate(from: number): void {
    assert(from > this.commitIndex, `truncation from ${from} would lose committed entries up to ${this.commitIndex}`);
    this.log.truncate(from);
    if (this.configurations.truncate(from)) this.tellConfiguration();
  }

  tellConfiguration(): void {
    this.emit({ type: "configuration", configuration: this.configurations.latest });
  }

  /** The newest configuration that is committed. */
  get committedConfiguration(): IndexedConfiguration {
    return this.configurations.asOf(this.commitIndex);
  }

  /** Entries up to `index`, which the log holds, are committed: taken up as far as the own disk is. */
  commit(index: number): void {
    assert(index <= this.log.lastIndex, `commit of ${index} beyond the log's end ${this.log.lastIndex}`);
    this.#knownCommit = Math.max(this.#knownCommit, index);
    const reached = Math.min(this.#knownCommit, this.log.durableIndex);
    if (reached <= this.commitIndex) return;
    this.commitIndex = reached;
    this.emit({ type: "commit", index: reached });
  }

  /** Entries up to `index` are on the disk now. */
  durable(index: number): void {
    this.log.durableIndex = Math.max(this.log.durableIndex, index);
    this.commit(Math.min(this.#knownCommit, this.log.lastIndex));
  }

  /** State and log are as of a snapshot: all of it is committed. */
  installed(index: number): void {
    this.#truncateNextFrom = undefined;
    this.#knownCommit = Math.max(this.#knownCommit, index);
    this.commitIndex = index;
    this.emit({ type: "commit", index });
  }

  /** Ends a step: what is to be written, then what waited only for that to be known. */
  takeEffects(): Effect[] {
    do {
      const write = this.durability.take(this.log.lastIndex, this.nowMs);
      if (write !== undefined) this.emit(write);
    } while (this.durability.runReady());
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }
}
