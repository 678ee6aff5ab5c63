import type { CoreStatus } from "../../../src/raft/core/types.ts";
import type { Entry } from "../../../src/raft/types.ts";
import type { Server } from "../world/server.ts";
import { must } from "./violation.ts";

interface Known {
  term: number;
  prevTerm: number;
  type: Entry["type"];
  data: string;
}

/** Log matching, and that leaders only append (Raft paper 5.3). */
export class Logs {
  /** By index: every entry that any log ever held there. */
  readonly #known: Known[][] = [];

  /** A core appends; its view is as before. */
  appending(
    { id, view, status }: Server,
    entries: readonly Entry[],
    truncateFrom: number | undefined,
    before: CoreStatus,
  ): void {
    if (truncateFrom !== undefined && truncateFrom <= view.lastIndex) {
      must(
        before.role !== "leader" || status.role !== "leader" || truncateFrom > before.lastIndex,
        "leaders only append",
        () => `${id} leads term ${before.term} and truncates from ${truncateFrom}`,
      );
      must(
        truncateFrom > before.commitIndex,
        "nothing goes back",
        () => `${id} truncates from ${truncateFrom}, committed is ${before.commitIndex}`,
      );
    }
    let prevTerm = this.#prevTerm(view, entries[0]);
    for (const entry of entries) {
      this.#add(id, entry, prevTerm);
      prevTerm = entry.term;
    }
  }

  /** A leader alone takes its own entries back: nobody else ever heard of them, so it may use their indexes again. */
  dropped(fromIndex: number, term: number): void {
    for (let index = fromIndex; index < this.#known.length; index++) {
      this.#known[index] = this.#known[index]?.filter((known) => known.term !== term) ?? [];
    }
  }

  /** Entries on the way to somebody are those of the log that they are said to be of. */
  sent({ id, view }: Server, prevIndex: number, prevTerm: number, entries: readonly Entry[]): void {
    must(
      view.termAt(prevIndex) === prevTerm,
      "logs match",
      () => `${id} sends entries after ${prevIndex} of term ${prevTerm}, but has term ${view.termAt(prevIndex)} there`,
    );
    for (const { index, term, data, type } of entries) {
      const own = view.at(index);
      must(
        own !== undefined && own.term === term && own.data === data && own.type === type,
        "logs match",
        () => `${id} sends ${index} of term ${term}, which is not in its log`,
      );
    }
  }

  /** What a core has in memory is what it had written. */
  cached({ id, view }: Server, from: number, to: number, entries: readonly Entry[]): void {
    const isSame =
      entries.length === to - from + 1 &&
      entries.every((entry, at) => entry.index === from + at && isEqual(entry, view.at(from + at)));
    must(isSame, "logs match", () => `${id} has other entries ${from}..${to} in memory than in its log`);
  }

  #prevTerm(view: Server["view"], first: Entry | undefined): number {
    return (first === undefined ? undefined : view.termAt(first.index - 1)) ?? 0;
  }

  #add(id: string, { index, term, type, data }: Entry, prevTerm: number): void {
    let all = this.#known[index];
    if (all === undefined) {
      all = [];
      this.#known[index] = all;
    }
    const same = all.find((known) => known.term === term);
    if (same === undefined) {
      all.push({ term, prevTerm, type, data });
      return;
    }
    const isSame = same.prevTerm === prevTerm && same.type === type && same.data === data;
    must(
      isSame,
      "logs match",
      () =>
        `${id} has ${type} "${data}" after term ${prevTerm} at ${index}.t${term}, others ${same.type} "${same.data}" after term ${same.prevTerm}`,
    );
  }
}

function isEqual(a: Entry, b: Entry | undefined): boolean {
  return b !== undefined && a.index === b.index && a.term === b.term && a.data === b.data && a.type === b.type;
}
