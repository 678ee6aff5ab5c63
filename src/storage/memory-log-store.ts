import type { Configuration, IndexedConfiguration } from "../raft/configuration.ts";
import type { Entry, HardState, LogStore, OpenedLog } from "../raft/types.ts";
import { baseAt, EMPTY_BASE, LogOutline } from "./log-outline.ts";

/** A log that lives as long as the process, for `agent -dev` and for tests of what stands on a log. */
export function openMemoryLogStore(): LogStore {
  return new MemoryLogStore();
}

class MemoryLogStore implements LogStore {
  #hardState: HardState = { term: 0, votedFor: "" };
  #clusterId = "";
  readonly #outline = new LogOutline(EMPTY_BASE);
  /** The entries of `#outline`. */
  #entries: Entry[] = [];

  async open(): Promise<OpenedLog> {
    const { bounds, termStarts, configurations, isForced } = this.#outline;
    return { hardState: this.#hardState, bounds, termStarts, configurations, isForced, clusterId: this.#clusterId };
  }

  async append(entries: readonly Entry[], truncateFrom = 0): Promise<void> {
    if (truncateFrom > 0) {
      this.#outline.truncate(truncateFrom);
      this.#entries.length = this.#outline.lastIndex - this.#outline.base.index;
    }
    for (const { index, term, type, data } of entries) {
      this.#outline.append(index, term, type, data);
      this.#entries.push({ index, term, type, data });
    }
  }

  async setHardState(state: HardState): Promise<void> {
    this.#hardState = { ...state };
  }

  async read(from: number, to: number, bytesMax: number): Promise<Entry[]> {
    const read: Entry[] = [];
    let bytes = 0;
    const { index: base } = this.#outline.base;
    const start = Math.max(from - base - 1, 0);
    for (const entry of this.#entries.slice(start, Math.max(to - base, 0))) {
      bytes += entry.data.length;
      if (read.length > 0 && bytes > bytesMax) break;
      read.push(entry);
    }
    return read;
  }

  async compact(index: number): Promise<void> {
    const { index: base } = this.#outline.base;
    if (index <= base) return;
    this.#outline.compact(index);
    this.#entries = this.#entries.slice(index - base);
  }

  async reset(index: number, term: number, configuration: IndexedConfiguration): Promise<void> {
    this.#entries = [];
    this.#outline.reset(baseAt(index, term, configuration));
  }

  async setClusterId(clusterId: string): Promise<void> {
    this.#clusterId = clusterId;
  }

  async forceConfiguration(configuration: Configuration, clusterId: string): Promise<void> {
    this.#outline.force(configuration);
    this.#clusterId = clusterId;
  }

  async close(): Promise<void> {
    this.#entries = [];
  }
}
