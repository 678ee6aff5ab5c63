import { assert } from "../../lib/assert.ts";
import type { Configuration, IndexedConfiguration } from "../configuration.ts";

const NONE: IndexedConfiguration = { index: 0, configuration: { servers: [] } };

/**
 * The configurations that the log holds, oldest first. The newest is in force, committed or not (thesis 4.1); when its
 * entry is truncated, the one before is in force again.
 */
export class Configurations {
  /** The first one is what held before the others, and is never truncated. */
  #known: IndexedConfiguration[];

  constructor(found: readonly IndexedConfiguration[]) {
    this.#known = found.length === 0 ? [NONE] : [...found];
  }

  get latest(): IndexedConfiguration {
    return this.#known.at(-1) ?? NONE;
  }

  /** The newest one at or before `index`. */
  asOf(index: number): IndexedConfiguration {
    return this.#known.findLast((known) => known.index <= index) ?? this.#known[0] ?? NONE;
  }

  /** Those that may be in force somewhere when all up to `index` is committed: the newest of these, and all after it. */
  from(index: number): readonly IndexedConfiguration[] {
    const committed = this.asOf(index);
    return [committed, ...this.#known.filter((known) => known.index > committed.index)];
  }

  append(index: number, configuration: Configuration): void {
    assert(index > this.latest.index, `configuration ${index} after ${this.latest.index}`);
    this.#known.push({ index, configuration });
  }

  /** Entries from `index` on are gone; true when another one is in force now. */
  truncate(index: number): boolean {
    const before = this.latest;
    const [base = NONE, ...rest] = this.#known;
    this.#known = [base, ...rest.filter((known) => known.index < index)];
    return this.latest !== before;
  }

  /** Those that another one followed at or before `index` will never be in force again. */
  forget(index: number): void {
    const base = this.asOf(index);
    this.#known = [base, ...this.#known.filter((known) => known.index > base.index)];
  }

  /** Nothing before holds any more: an installed snapshot, or a recovery by hand. */
  replace(configuration: IndexedConfiguration): void {
    this.#known = [configuration];
  }
}
