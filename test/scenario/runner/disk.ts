import type { Configuration, IndexedConfiguration } from "../../../src/raft/configuration.ts";
import type { SnapshotMeta } from "../../../src/raft/core/messages.ts";
import type { CoreStart, Effect, TermStart } from "../../../src/raft/core/types.ts";
import type { Entry, HardState } from "../../../src/raft/types.ts";

export type Persist = Extract<Effect, { type: "persist" }>;

export interface StoredSnapshot {
  readonly meta: SnapshotMeta;
  readonly data: Uint8Array;
}

/** What survives a crash. */
export class Disk {
  hardState: HardState = { term: 0, votedFor: "" };
  /** Consecutive; the first one follows `base`. */
  entries: Entry[] = [];
  /** Index and term before the first entry. */
  base: TermStart = { index: 0, term: 0 };
  /** In force at `base`; undefined when there never was one. */
  baseConfiguration: IndexedConfiguration | undefined;
  snapshot: StoredSnapshot | undefined;
  isForced = false;

  get lastIndex(): number {
    return this.base.index + this.entries.length;
  }

  write({ hardState, append }: Pick<Persist, "hardState" | "append">): void {
    if (hardState !== undefined) this.hardState = hardState;
    if (append === undefined) return;
    const { truncateFrom } = append;
    if (truncateFrom !== undefined) this.entries = this.entries.filter(({ index }) => index < truncateFrom);
    const [first] = append.entries;
    if (first !== undefined && first.index !== this.lastIndex + 1)
      throw new Error(`entry ${first.index} written after ${this.lastIndex}`);
    this.entries.push(...append.entries);
  }

  read(from: number, count: number): readonly Entry[] {
    return this.entries.filter(({ index }) => index >= from && index < from + count);
  }

  termAt(index: number): number {
    return index === this.base.index ? this.base.term : (this.entries[index - this.base.index - 1]?.term ?? 0);
  }

  /** The newest configuration at or before `index`. */
  configurationAt(index: number): IndexedConfiguration {
    const found = this.configurations.findLast((known) => known.index <= index);
    return found ?? { index: 0, configuration: { servers: [] } };
  }

  /** A snapshot of all up to `index`; its bytes name it. */
  takeSnapshot(index: number): void {
    const data = new TextEncoder().encode(`state at ${String(index).padStart(2)}`);
    const meta = { index, term: this.termAt(index), configuration: this.configurationAt(index) };
    this.snapshot = { meta: { ...meta, bytes: data.length, sha256: sumOf(data) }, data };
  }

  /** Forgets entries up to `index`. */
  compact(index: number): void {
    this.baseConfiguration = this.configurationAt(index);
    this.base = { index, term: this.termAt(index) };
    this.entries = this.entries.filter((entry) => entry.index > index);
  }

  /** A received snapshot takes the place of everything; false when it is not what its sum says. */
  install(meta: SnapshotMeta, data: Uint8Array): boolean {
    if (data.length !== meta.bytes || sumOf(data) !== meta.sha256) return false;
    this.snapshot = { meta, data };
    this.base = { index: meta.index, term: meta.term };
    this.baseConfiguration = meta.configuration;
    this.entries = [];
    return true;
  }

  /** What a start finds; `commitIndex` is what the state has applied. */
  start(id: string, commitIndex: number): CoreStart {
    return {
      id,
      hardState: this.hardState,
      firstIndex: this.base.index + 1,
      lastIndex: this.lastIndex,
      termStarts: this.#termStarts,
      configurations: this.configurations,
      commitIndex: Math.max(commitIndex, this.base.index),
      isForced: this.isForced,
    };
  }

  get configurations(): IndexedConfiguration[] {
    const base = this.baseConfiguration === undefined ? [] : [this.baseConfiguration];
    const inLog = this.entries
      .filter(({ type }) => type === "configuration")
      .map(({ index, data }) => ({ index, configuration: JSON.parse(data) as Configuration }));
    return [...base, ...inLog];
  }

  get #termStarts(): TermStart[] {
    const starts = [this.base];
    for (const { index, term } of this.entries) if (term !== starts.at(-1)?.term) starts.push({ index, term });
    return starts;
  }
}

function sumOf(data: Uint8Array): string {
  return new Bun.CryptoHasher("sha256").update(data).digest("hex");
}
