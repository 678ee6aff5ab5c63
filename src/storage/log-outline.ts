import { assert } from "../lib/assert.ts";
import type { Configuration, IndexedConfiguration } from "../raft/configuration.ts";
import type { TermStart } from "../raft/core/types.ts";
import type { EntryType, LogBounds } from "../raft/types.ts";

/** Where a log begins: after the entry (`index`, `term`), in the cluster that `configuration` says. */
export interface LogBase {
  index: number;
  term: number;
  /**
   * What held before the entries: the newest configuration at or before `index`, or one that was forced later; then
   * those of entries up to its index don't count any more. Undefined when nobody has said one.
   */
  configuration: IndexedConfiguration | undefined;
  isForced: boolean;
}

export const EMPTY_BASE: LogBase = { index: 0, term: 0, configuration: undefined, isForced: false };

/** The base of a log that follows a snapshot. */
export function baseAt(index: number, term: number, configuration: IndexedConfiguration): LogBase {
  const isKnown = configuration.configuration.servers.length > 0;
  return { index, term, configuration: isKnown ? configuration : undefined, isForced: false };
}

/** What is known of a log without reading its entries. Both stores keep one beside the entries themselves. */
export class LogOutline {
  #base: LogBase;
  #lastIndex: number;
  /** Replaced when they change, never changed: a mark is a few references. */
  #termStarts: readonly TermStart[];
  #configurations: readonly IndexedConfiguration[] = [];

  constructor(base: LogBase) {
    this.#base = base;
    this.#lastIndex = base.index;
    this.#termStarts = [{ index: base.index, term: base.term }];
  }

  get base(): LogBase {
    return this.#base;
  }

  get lastIndex(): number {
    return this.#lastIndex;
  }

  get bounds(): LogBounds {
    return { firstIndex: this.#base.index + 1, lastIndex: this.#lastIndex, lastTerm: this.termAt(this.#lastIndex) };
  }

  get termStarts(): readonly TermStart[] {
    return this.#termStarts;
  }

  get configurations(): readonly IndexedConfiguration[] {
    const { configuration } = this.#base;
    return configuration === undefined ? this.#configurations : [configuration, ...this.#configurations];
  }

  /** Whether the newest configuration is a forced one. */
  get isForced(): boolean {
    return this.#base.isForced && this.#configurations.length === 0;
  }

  /** Of an entry in the log, or of the one before the first. */
  termAt(index: number): number {
    assert(index >= this.#base.index && index <= this.#lastIndex, `no entry ${index} in the log`);
    return this.#termStarts.findLast((start) => start.index <= index)?.term ?? 0;
  }

  append(index: number, term: number, type: EntryType, data: string): void {
    if (index !== this.#lastIndex + 1) assert(false, `entry ${index} appended after ${this.#lastIndex}`);
    this.#lastIndex = index;
    if (term !== this.#termStarts.at(-1)?.term) this.#termStarts = [...this.#termStarts, { index, term }];
    if (type !== "configuration" || index <= (this.#base.configuration?.index ?? 0)) return;
    // Written by a leader of this program; the entry's checksum says that it still is what was written.
    const configuration = JSON.parse(data) as Configuration;
    this.#configurations = [...this.#configurations, { index, configuration }];
  }

  /** Entries from `from` on go. What was forced stays in force, as of the new end at the latest. */
  truncate(from: number): void {
    assert(from > this.#base.index, `truncation from ${from}, before the log's start ${this.#base.index + 1}`);
    if (from > this.#lastIndex) return;
    this.#lastIndex = from - 1;
    this.#termStarts = this.#termStarts.filter(({ index }) => index < from);
    this.#configurations = this.#configurations.filter(({ index }) => index < from);
    const { configuration } = this.#base;
    if (configuration !== undefined && configuration.index >= from) {
      this.#base = { ...this.#base, configuration: { ...configuration, index: from - 1 } };
    }
  }

  /** The log begins behind `index` from here on. */
  compact(index: number): void {
    const passed = this.#configurations.findLast((known) => known.index <= index);
    const base = { ...this.#base, index, term: this.termAt(index) };
    this.#base = passed === undefined ? base : { ...base, configuration: passed, isForced: false };
    this.#termStarts = [{ index, term: base.term }, ...this.#termStarts.filter((start) => start.index > index)];
    this.#configurations = this.#configurations.filter((known) => known.index > index);
  }

  /** `configuration` holds as of the last entry, whatever the entries up to there say. */
  force(configuration: Configuration): void {
    this.#base = { ...this.#base, configuration: { index: this.#lastIndex, configuration }, isForced: true };
    this.#configurations = [];
  }

  mark(): OutlineMark {
    return {
      base: this.#base,
      lastIndex: this.#lastIndex,
      termStarts: this.#termStarts,
      configurations: this.#configurations,
    };
  }

  /** All is as it was when the mark was made. */
  rewind({ base, lastIndex, termStarts, configurations }: OutlineMark): void {
    this.#base = base;
    this.#lastIndex = lastIndex;
    this.#termStarts = termStarts;
    this.#configurations = configurations;
  }

  /** The log is empty from here on, and begins behind another entry. */
  reset(base: LogBase): void {
    this.rewind(new LogOutline(base).mark());
  }
}

/** What an outline can go back to. */
export interface OutlineMark {
  readonly base: LogBase;
  readonly lastIndex: number;
  readonly termStarts: readonly TermStart[];
  readonly configurations: readonly IndexedConfiguration[];
}
