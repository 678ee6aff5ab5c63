import type { Entry } from "../../../src/raft/types.ts";
import { Machine, type Version } from "../world/machine.ts";
import { must } from "./violation.ts";

interface Committed {
  entry: Entry;
  /** Of the leader that committed it. */
  inTerm: number;
  /** Of the state after it. */
  hash: number;
  isChanged: boolean;
}

/** What the cluster has committed, as one who sees all servers at once knows it. */
export class Oracle {
  readonly #committed: Committed[] = [];
  readonly #machine = new Machine();
  /** Each key's versions, oldest first. */
  readonly #versions = new Map<string, Version[]>();
  readonly #indexById = new Map<string, number>();
  readonly #refused = new Set<string>();

  /** Of the newest committed configuration. */
  configurationIndex = 0;

  /** Index of the newest committed entry. */
  get length(): number {
    return this.#committed.length;
  }

  at(index: number): Committed | undefined {
    return this.#committed[index - 1];
  }

  commit(entry: Entry, inTerm: number): void {
    must(
      entry.index === this.length + 1,
      "one command an index",
      () => `committed ${entry.index} after ${this.length}`,
    );
    const isChanged = this.#machine.apply(entry);
    this.#committed.push({ entry, inTerm, hash: this.#machine.hash, isChanged });
    if (entry.type === "configuration") this.configurationIndex = entry.index;
    if (entry.type !== "command" && entry.type !== "restore") return;
    const [id = "", , key = ""] = entry.data.split(" ");
    must(
      !this.#indexById.has(id),
      "answers are true",
      () => `${id} is committed twice, at ${this.#indexById.get(id)} and ${entry.index}`,
    );
    must(!this.#refused.has(id), "answers are true", () => `${id} was refused, and is committed at ${entry.index}`);
    this.#indexById.set(id, entry.index);
    if (!isChanged) return;
    for (const each of key.split(",")) {
      const versions = this.#versions.get(each) ?? [];
      versions.push({ value: id, index: entry.index });
      this.#versions.set(each, versions);
    }
  }

  /** Somebody was promised that it has no effect. */
  refuse(id: string): void {
    must(
      !this.#indexById.has(id),
      "answers are true",
      () => `${id} is refused, but committed at ${this.#indexById.get(id)}`,
    );
    this.#refused.add(id);
  }

  indexOf(id: string): number | undefined {
    return this.#indexById.get(id);
  }

  /** The version of a key in the state as of an index. */
  versionAt(key: string, index: number): Version | undefined {
    return this.#versions.get(key)?.findLast((version) => version.index <= index);
  }

  /** The newest index that was committed in a term before this one. */
  lastBefore(term: number): Committed | undefined {
    return this.#committed.findLast(({ inTerm }) => inTerm < term);
  }
}
