import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Configuration } from "../../../src/raft/configuration.ts";
import { EMPTY_BASE, LogOutline } from "../../../src/storage/log-outline.ts";

const one = (id: number): Configuration => ({ servers: [{ id: String(id), address: "", voter: true }] });

/** A log as a list of all its entries ever since the base, which is how the outline must look at any time. */
class Naive {
  base = { index: 0, term: 0 };
  entries: { term: number; configuration: Configuration | undefined }[] = [];
  before: { index: number; configuration: Configuration } | undefined;

  get lastIndex(): number {
    return this.base.index + this.entries.length;
  }

  look() {
    const terms = [this.base.term, ...this.entries.map(({ term }) => term)];
    const said = this.entries.flatMap(({ configuration }, at) => {
      const index = this.base.index + 1 + at;
      const isHidden = configuration === undefined || index <= (this.before?.index ?? 0);
      return isHidden ? [] : [{ index, configuration }];
    });
    return {
      bounds: { firstIndex: this.base.index + 1, lastIndex: this.lastIndex, lastTerm: terms.at(-1) },
      termStarts: terms.flatMap((term, at) =>
        at > 0 && terms[at - 1] === term ? [] : [{ index: this.base.index + at, term }],
      ),
      configurations: this.before === undefined ? said : [this.before, ...said],
    };
  }
}

test("outline: it says what reading the whole log would say, whatever happened to it", () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("append" as const), at: fc.nat(), isConfiguration: fc.boolean(), raise: fc.nat(1) }),
    fc.record({ kind: fc.constantFrom("truncate" as const, "compact" as const, "force" as const), at: fc.nat() }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const outline = new LogOutline(EMPTY_BASE);
      const naive = new Naive();
      let term = 1;
      for (const [id, action] of steps.entries()) {
        const last = naive.lastIndex;
        const inLog = naive.base.index + 1 + (action.at % Math.max(naive.entries.length, 1));
        const mark = outline.mark();
        if (action.kind === "append") {
          term += action.raise;
          const configuration = action.isConfiguration ? one(id) : undefined;
          naive.entries.push({ term, configuration });
          const type = action.isConfiguration ? "configuration" : "command";
          outline.append(last + 1, term, type, JSON.stringify(configuration ?? {}));
        } else if (action.kind === "force") {
          naive.before = { index: last, configuration: one(id) };
          outline.force(one(id));
        } else if (naive.entries.length > 0 && action.kind === "truncate") {
          naive.entries.length = inLog - naive.base.index - 1;
          if (naive.before !== undefined) naive.before.index = Math.min(naive.before.index, inLog - 1);
          outline.truncate(inLog);
        } else if (naive.entries.length > 0) {
          const gone = naive.look().configurations.findLast(({ index }) => index <= inLog);
          const dropped = naive.entries.splice(0, inLog - naive.base.index);
          naive.base = { index: inLog, term: dropped.at(-1)?.term ?? 0 };
          if (gone !== undefined && gone.index >= (naive.before?.index ?? 0)) naive.before = gone;
          outline.compact(inLog);
        }
        const { bounds, termStarts, configurations } = outline;
        expect({ bounds, termStarts, configurations }).toEqual(naive.look() as never);
        // A mark is not changed by what happens after it.
        const again = outline.mark();
        outline.rewind(mark);
        expect(outline.lastIndex).toBe(last);
        outline.rewind(again);
      }
    }),
    { numRuns: 500 },
  );
});

test("outline: what must not happen stops the program", () => {
  const outline = new LogOutline({ index: 5, term: 2, configuration: undefined, isForced: false });
  expect(() => outline.append(7, 2, "noop", "")).toThrow("entry 7 appended after 5");
  outline.append(6, 2, "noop", "");
  expect(() => outline.truncate(5)).toThrow("truncation from 5, before the log's start 6");
  expect(() => outline.compact(7)).toThrow("no entry 7 in the log");
});
