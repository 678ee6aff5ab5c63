import { assert } from "../lib/assert.ts";
import { Refusal } from "../lib/refusal.ts";
import type { Clock, Timer } from "../ports/clock.ts";
import type { Entry, StateMachine } from "../raft/types.ts";
import type { Change } from "./change.ts";
import { applyCommand, type Command } from "./commands.ts";
import type { StateDb } from "./db.ts";
import { indexesOf } from "./indexes/indexes.ts";
import type { Publisher } from "./publisher.ts";
import type { Topic } from "./topics.ts";

/**
 * One commit of `state.db` serves all entries of this time: the log is the truth and this connection sees its own open
 * transaction, so committing less often only means that a restart applies a longer tail again. SD cards wear less.
 */
const COMMIT_INTERVAL_MS = 100;
const UNCOMMITTED_ENTRIES_MAX = 4096;

/** Called after each batch with the keys that lost their holder; only the leader cares. */
export type OnLocksDelayed = (keys: readonly string[], lockDelayNs: number) => void;

export interface MachineDeps {
  db: StateDb;
  publisher: Publisher;
  clock: Clock;
  /** Called when applied entries can't be committed: the process must end, as what it answered is in the log alone. */
  onFatal: (reason: string) => void;
}

/** Applies log entries to `state.db`, rows and applied index in one transaction, and tells the publisher what changed. */
export class Machine implements StateMachine {
  readonly #db: StateDb;
  readonly #publisher: Publisher;
  readonly #clock: Clock;
  readonly #onFatal: MachineDeps["onFatal"];
  readonly #begin;
  readonly #commit;
  readonly #saveApplied;
  readonly #savepoint;
  readonly #release;
  readonly #rollbackTo;
  #appliedIndex: number;
  #appliedTerm: number;
  #offset: number;
  /** Entries whose effect, if it is only the applied index, isn't committed. */
  #uncommitted = 0;
  /** A transaction with rows is open. */
  #isOpen = false;
  #commitTimer: Timer | undefined;
  #touched = new Set<Topic>();
  /** What the savepoint that is open added to `#touched`. */
  #touchedInside: Topic[] | undefined;
  /** The entry being applied, as handlers see it: one object for all entries. */
  readonly #change: Change;
  onLocksDelayed: OnLocksDelayed = () => undefined;

  constructor(deps: MachineDeps) {
    this.#db = deps.db;
    this.#publisher = deps.publisher;
    this.#clock = deps.clock;
    this.#onFatal = deps.onFatal;
    const client = deps.db.$client;
    this.#begin = client.prepare("BEGIN IMMEDIATE");
    this.#commit = client.prepare("COMMIT");
    this.#saveApplied = client.prepare("UPDATE applied SET idx = ?, term = ?");
    this.#savepoint = client.prepare("SAVEPOINT command");
    this.#release = client.prepare("RELEASE command");
    this.#rollbackTo = client.prepare("ROLLBACK TO command");
    [this.#appliedIndex, this.#appliedTerm, this.#offset] = readApplied(deps.db);
    const stateIndex = () => this.stateIndex;
    this.#change = {
      db: deps.db,
      get index() {
        return stateIndex();
      },
      touch: (topic) => this.#touch(topic),
      delayLocks: (keys, lockDelayNs) => this.onLocksDelayed(keys, lockDelayNs),
      atomically: (write) => this.#atomically(write),
    };
  }

  /** Takes up what is in the database now: a restore replaced all of it. Wakes everybody. */
  reload(): void {
    [this.#appliedIndex, this.#appliedTerm, this.#offset] = readApplied(this.#db);
    indexesOf(this.#db).load();
    this.#publisher.publishAll(this.stateIndex);
  }

  get appliedIndex(): number {
    return this.#appliedIndex;
  }

  /**
   * The index of the last entry applied, as clients see it (`X-Consul-Index`, CreateIndex, ModifyIndex). The log's own
   * index can't jump; a restored state may come from a longer log, and no index that anybody has seen may come again.
   */
  get stateIndex(): number {
    return this.#appliedIndex + this.#offset;
  }

  /** Applies entries in order; one result, or the Refusal that the command met, for each. Wakes waiters once at the end. */
  apply(entries: readonly Entry[]): unknown[] {
    if (entries.length === 0) return [];
    if (entries.some(({ type }) => type === "command")) this.#open();
    const results = entries.map((entry) => this.#applyEntry(entry));
    this.#uncommitted += entries.length;
    if (this.#isOpen && this.#uncommitted >= UNCOMMITTED_ENTRIES_MAX) this.flush();
    const touched = this.#touched;
    if (touched.size > 0) {
      this.#touched = new Set();
      this.#publisher.publish(touched, this.stateIndex);
    }
    return results;
  }

  /**
   * Commits what is applied; another connection (snapshot, checkpoint) then sees all of it. Throws when that fails, after
   * `onFatal` was told.
   */
  flush(): void {
    if (!this.#isOpen) this.#saveWithoutRows();
    const failure = this.#commitApplied();
    if (failure !== undefined) throw failure;
  }

  /**
   * Elections go on while the disk is full, and their entries change nothing but the applied index: when that can't be
   * written, a later commit writes it, or a start applies them again.
   */
  #saveWithoutRows(): void {
    if (this.#uncommitted === 0) return;
    try {
      this.#saveApplied.run(this.#appliedIndex, this.#appliedTerm);
      this.#uncommitted = 0;
    } catch {
      // An error of the disk itself meets the next commit too.
    }
  }

  /** The failure, which `onFatal` has been told, or undefined. */
  #commitApplied(): Error | undefined {
    this.#commitTimer?.cancel();
    this.#commitTimer = undefined;
    if (!this.#isOpen) return undefined;
    try {
      indexesOf(this.#db).save();
      this.#saveApplied.run(this.#appliedIndex, this.#appliedTerm);
      this.#commit.run();
    } catch (error) {
      const reason =
        `can't commit the state up to entry ${this.#appliedIndex}: ${String(error)}; ` +
        "the log has all of it, and the next start applies it again";
      this.#onFatal(reason);
      return new Error(reason, { cause: error });
    }
    this.#uncommitted = 0;
    this.#isOpen = false;
    return undefined;
  }

  #open(): void {
    if (this.#isOpen) return;
    this.#begin.run();
    this.#isOpen = true;
    this.#commitTimer = this.#clock.after(COMMIT_INTERVAL_MS, () => this.#commitApplied());
  }

  #applyEntry(entry: Entry): unknown {
    if (entry.index !== this.#appliedIndex + 1)
      assert(false, `entry ${entry.index} applied after ${this.#appliedIndex}`);
    this.#appliedIndex = entry.index;
    this.#appliedTerm = entry.term;
    if (entry.type === "restore") assert(false, "a restore is the keeper's work");
    if (entry.type !== "command") return undefined;
    try {
      return applyCommand(this.#change, (entry.command ?? JSON.parse(entry.data)) as Command);
    } catch (error) {
      if (error instanceof Refusal) return error;
      throw error;
    }
  }

  #touch(topic: Topic): void {
    if (this.#touched.has(topic)) return;
    this.#touched.add(topic);
    this.#touchedInside?.push(topic);
  }

  #atomically<T>(write: () => T): T {
    const outside = this.#touchedInside;
    const inside: Topic[] = [];
    this.#touchedInside = inside;
    this.#savepoint.run();
    try {
      return indexesOf(this.#db).atomically(write);
    } catch (error) {
      this.#rollbackTo.run();
      for (const topic of inside.splice(0)) this.#touched.delete(topic);
      throw error;
    } finally {
      this.#release.run();
      this.#touchedInside = outside;
      outside?.push(...inside);
    }
  }
}

function readApplied(db: StateDb): [index: number, term: number, offset: number] {
  const row = db.$client.query("SELECT idx, term, offset FROM applied").get() as Record<
    "idx" | "term" | "offset",
    number
  >;
  return [row.idx, row.term, row.offset];
}
