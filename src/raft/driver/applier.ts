import { assert } from "../../lib/assert.ts";
import type { Refusal } from "../../lib/refusal.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Meter } from "../../ports/meter.ts";
import type { Entry, StateMachine } from "../types.ts";

/** Entries applied before other work of the event loop gets its turn. */
const APPLY_ENTRIES_MAX = 1024;
/** The same for long ones, as the parts of an archive: characters of their data. */
const APPLY_CHARS_MAX = 512 * 1024;

export interface ApplierDeps {
  machine: StateMachine;
  clock: Clock;
  meter: Meter;
  /** Entries from..to or fewer of them, from memory. */
  cached(from: number, to: number): readonly Entry[] | undefined;
  /** The same from the disk. */
  read(from: number, to: number): Promise<readonly Entry[]>;
  /** Executes a `restore` entry and has the machine take up what it left; the machine is flushed. */
  restore(entry: Entry): Promise<Refusal | undefined>;
  /** One result or Refusal for each entry, in order. */
  onApplied(entries: readonly Entry[], results: readonly unknown[]): void;
  onFatal(reason: string): void;
}

/** Brings committed entries to the state machine, in order and in batches, unless somebody else works on the database. */
export class Applier {
  readonly #deps: ApplierDeps;
  #commitIndex: number;
  #holds = 0;
  #configurationHolds = 0;
  /** Entries are being read, or a turn is due, or a restore runs. */
  #isBusy = false;
  #isStopped = false;
  #restoring: Promise<void> = Promise.resolve();

  constructor(deps: ApplierDeps) {
    this.#deps = deps;
    this.#commitIndex = deps.machine.appliedIndex;
  }

  get commitIndex(): number {
    return this.#commitIndex;
  }

  /** Entries up to `index` are committed. */
  commit(index: number): void {
    this.#commitIndex = Math.max(this.#commitIndex, index);
  }

  /** The database belongs to somebody else while `run` is under way; what commits meanwhile is applied afterwards. */
  async hold<T>(run: () => Promise<T>): Promise<T> {
    this.#holds++;
    try {
      this.#deps.machine.flush();
      return await run();
    } finally {
      this.#holds--;
      this.apply();
    }
  }

  /** No configuration is applied while `run` is under way. */
  async holdConfigurations<T>(run: () => Promise<T>): Promise<T> {
    this.#configurationHolds++;
    try {
      return await run();
    } finally {
      this.#configurationHolds--;
      this.apply();
    }
  }

  /** Nothing is applied any more. Resolves when what was begun is done. */
  stop(): Promise<void> {
    this.#isStopped = true;
    return this.#restoring;
  }

  /** Applies what is committed: a batch now, more in turns of their own. */
  apply(): void {
    const { machine, cached } = this.#deps;
    if (this.#isBusy || this.#holds > 0 || this.#isStopped) return;
    const from = machine.appliedIndex + 1;
    const to = Math.min(this.#commitIndex, from + APPLY_ENTRIES_MAX - 1);
    if (to < from) return;
    const entries = cached(from, to);
    if (entries === undefined) this.#read(from, to);
    else this.#applyBatch(entries);
  }

  #read(from: number, to: number): void {
    this.#isBusy = true;
    this.#deps.read(from, to).then(
      (entries) => {
        this.#isBusy = false;
        // Meanwhile a snapshot may have taken the place of these entries.
        if (this.#isStopped || this.#holds > 0) return;
        if (this.#deps.machine.appliedIndex + 1 !== from) return this.apply();
        if (entries[0]?.index === from) this.#applyBatch(entries);
        else this.#fail(`the log has no entry ${from}`);
      },
      (error: unknown) => this.#fail(`can't read entry ${from}: ${String(error)}`),
    );
  }

  /** What others than the machine execute ends a batch, or is one of its own. */
  #applyBatch(entries: readonly Entry[]): void {
    const isSpecial = ({ type }: Entry) =>
      type === "restore" || (type === "configuration" && this.#configurationHolds > 0);
    const special = entries.findIndex(isSpecial);
    if (special === 0) {
      if (entries[0]?.type === "restore") this.#restore(entries[0]);
      return;
    }
    const batch = beginningOf(special > 0 ? entries.slice(0, special) : entries);
    const { machine, meter, clock, onApplied } = this.#deps;
    const startMs = clock.monotonicMs();
    let results: unknown[];
    try {
      results = machine.apply(batch);
    } catch (error) {
      // The entries stay in the log: their proposers can't be told yes or no.
      this.#fail(`can't apply entry ${machine.appliedIndex + 1}: ${String(error)}`);
      return;
    }
    meter.sample("raft.fsm.apply", clock.monotonicMs() - startMs);
    onApplied(batch, results);
    if (machine.appliedIndex < this.#commitIndex) this.#applyLater();
  }

  #applyLater(): void {
    this.#isBusy = true;
    this.#deps.clock.soon(() => {
      this.#isBusy = false;
      this.apply();
    });
  }

  #restore(entry: Entry): void {
    const { machine, restore, onApplied } = this.#deps;
    this.#isBusy = true;
    const run = async () => {
      const refusal = await restore(entry);
      assert(machine.appliedIndex === entry.index, `restored to ${machine.appliedIndex}, not ${entry.index}`);
      return refusal;
    };
    this.#restoring = this.hold(run).then(
      (refusal) => {
        this.#isBusy = false;
        onApplied([entry], [refusal]);
        this.apply();
      },
      (error: unknown) => this.#fail(`a restore could not be finished: ${String(error)}; the next start finishes it`),
    );
  }

  #fail(reason: string): void {
    this.#isStopped = true;
    this.#deps.onFatal(reason);
  }
}

/** As many as may be applied at once, at least one. */
function beginningOf(entries: readonly Entry[]): readonly Entry[] {
  let chars = 0;
  const end = entries.findIndex(({ data }, at) => {
    chars += data.length;
    return at > 0 && chars > APPLY_CHARS_MAX;
  });
  return end < 0 ? entries : entries.slice(0, end);
}
