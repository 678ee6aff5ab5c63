import type { Configuration, IndexedConfiguration } from "../../../src/raft/configuration.ts";
import type { TermStart } from "../../../src/raft/core/types.ts";
import type { Entry } from "../../../src/raft/types.ts";

/** A log as one place sees it: what is on a disk, or what a core has asked to be there. */
export class LogImage {
  /** Of the last entry that is gone; 0 when none is. */
  baseIndex = 0;
  baseTerm = 0;
  /** The newest configuration at or before `baseIndex`. */
  baseConfiguration: IndexedConfiguration | undefined;
  /** What an operator declared as of its index, whatever the entries up to there say. */
  forced: IndexedConfiguration | undefined;
  entries: Entry[] = [];

  get lastIndex(): number {
    return this.baseIndex + this.entries.length;
  }

  get lastTerm(): number {
    return this.entries.at(-1)?.term ?? this.baseTerm;
  }

  at(index: number): Entry | undefined {
    return this.entries[index - this.baseIndex - 1];
  }

  /** Undefined where the log does not reach; the term of the base for its index. */
  termAt(index: number): number | undefined {
    return index === this.baseIndex ? this.baseTerm : this.at(index)?.term;
  }

  slice(from: number, to: number): Entry[] {
    return this.entries.slice(from - this.baseIndex - 1, to - this.baseIndex);
  }

  append(entries: readonly Entry[], truncateFrom: number | undefined): void {
    if (truncateFrom !== undefined) {
      if (truncateFrom <= this.baseIndex) throw new Error(`truncates from ${truncateFrom}, behind the log's start`);
      if (truncateFrom <= this.lastIndex) this.entries.length = truncateFrom - this.baseIndex - 1;
    }
    for (const entry of entries) {
      if (entry.index !== this.lastIndex + 1) throw new Error(`appends ${entry.index} after ${this.lastIndex}`);
      this.entries.push(entry);
    }
  }

  /** Forgets entries up to and including `index`. */
  compact(index: number): void {
    if (index <= this.baseIndex || index > this.lastIndex) return;
    const term = this.termAt(index) as number;
    this.baseConfiguration = this.configurations().findLast((each) => each.index <= index);
    this.entries = this.entries.slice(index - this.baseIndex);
    this.baseIndex = index;
    this.baseTerm = term;
  }

  reset(index: number, term: number, configuration: IndexedConfiguration): void {
    this.entries = [];
    this.baseIndex = index;
    this.baseTerm = term;
    this.baseConfiguration = configuration;
  }

  clone(): LogImage {
    const copy = new LogImage();
    copy.baseIndex = this.baseIndex;
    copy.baseTerm = this.baseTerm;
    copy.baseConfiguration = this.baseConfiguration;
    copy.forced = this.forced;
    copy.entries = this.entries.slice();
    return copy;
  }

  /** Whether an operator's word is the newest. */
  get isForced(): boolean {
    return this.forced !== undefined && this.configurations().at(-1) === this.forced;
  }

  /** Oldest first: the one of the base, and those of the entries. */
  configurations(): IndexedConfiguration[] {
    const base = this.forced ?? this.baseConfiguration;
    const all = base === undefined ? [] : [base];
    for (const { index, type, data } of this.entries) {
      if (type === "configuration" && index > (this.forced?.index ?? 0))
        all.push({ index, configuration: JSON.parse(data) as Configuration });
    }
    return all;
  }

  termStarts(): TermStart[] {
    const starts: TermStart[] = [{ index: this.baseIndex, term: this.baseTerm }];
    let term = this.baseTerm;
    for (const entry of this.entries) {
      if (entry.term === term) continue;
      term = entry.term;
      starts.push({ index: entry.index, term });
    }
    return starts;
  }
}
