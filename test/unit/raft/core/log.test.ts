import { expect, test } from "bun:test";
import fc from "fast-check";
import { RaftLog } from "../../../../src/raft/core/log.ts";
import type { Entry } from "../../../../src/raft/types.ts";

const entry = (index: number, term: number, data = "x"): Entry => ({ index, term, type: "command", data });
const empty = () => new RaftLog({ firstIndex: 1, lastIndex: 0, termStarts: [] });

/** A log whose entries from 1 on have these terms. */
function logOf(terms: readonly number[]): RaftLog {
  const log = empty();
  log.append(terms.map((term, at) => entry(at + 1, term)));
  return log;
}

test("terms are known from the entry before the first one to the last", () => {
  const log = new RaftLog({
    firstIndex: 11,
    lastIndex: 14,
    termStarts: [
      { index: 10, term: 2 },
      { index: 13, term: 5 },
    ],
  });
  expect([9, 10, 12, 13, 14, 15].map((index) => log.termAt(index))).toEqual([undefined, 2, 2, 5, 5, undefined]);
  expect(log.lastTerm).toBe(5);
});

test("a hint jumps over whole terms: at most one probe a term (Raft paper 5.3)", () => {
  const log = logOf([1, 1, 1, 4, 4, 5, 5, 6]);
  expect(log.lastNotAfter(8, 6)).toBe(8);
  expect(log.lastNotAfter(8, 5)).toBe(7);
  expect(log.lastNotAfter(8, 3)).toBe(3);
  expect(log.lastNotAfter(2, 6)).toBe(2);
  expect(log.lastNotAfter(8, 0)).toBe(0);
});

test("where nothing is known any more, the hint lies before what is known: only a snapshot helps", () => {
  const log = new RaftLog({ firstIndex: 11, lastIndex: 12, termStarts: [{ index: 10, term: 3 }] });
  expect(log.lastNotAfter(12, 2)).toBeLessThan(10);
});

test("truncation takes entries, their terms, and what the disk had of them", () => {
  const log = logOf([1, 2, 2, 3]);
  log.durableIndex = 4;
  log.truncate(3);
  expect(log.lastIndex).toBe(2);
  expect(log.lastTerm).toBe(2);
  expect(log.durableIndex).toBe(2);
  log.append([entry(3, 7)]);
  expect(log.cached(1, 3)?.map(({ term }) => term)).toEqual([1, 2, 7]);
});

test("a gap, or a term that goes back, is a broken invariant", () => {
  expect(() => logOf([1]).append([entry(3, 1)])).toThrow("entry 3 after 1");
  expect(() => logOf([2]).append([entry(2, 1)])).toThrow("term 1 after one of 2");
  expect(() => new RaftLog({ firstIndex: 5, lastIndex: 9, termStarts: [{ index: 4, term: 1 }] }).truncate(4)).toThrow();
});

test("a snapshot takes the place of all entries", () => {
  const log = logOf([1, 1]);
  log.reset(9, 4);
  expect([log.firstIndex, log.lastIndex, log.lastTerm, log.durableIndex]).toEqual([10, 9, 4, 9]);
  expect(log.termAt(9)).toBe(4);
  expect(log.termAt(2)).toBeUndefined();
});

test("the newest entries stay in memory, as many as the limit allows; uncommitted ones always", () => {
  const log = empty();
  log.append(Array.from({ length: 5000 }, (_, at) => entry(at + 1, 1, "0123456789")));
  log.shrink(4990, 1000);
  expect(log.cached(4901, 5000)).toHaveLength(100);
  expect(log.cached(4900, 5000)).toBeUndefined();
  log.shrink(4950, 0);
  expect(log.cached(4951, 5000)).toHaveLength(50);
});

test("it is like a list of entries with a beginning, whatever is done to it", () => {
  const op = fc.oneof(
    fc.record({
      op: fc.constant("append" as const),
      n: fc.integer({ min: 1, max: 5 }),
      up: fc.integer({ min: 0, max: 2 }),
    }),
    fc.record({ op: fc.constant("truncate" as const), at: fc.double({ min: 0, max: 1, noNaN: true }) }),
    fc.record({ op: fc.constant("compact" as const), at: fc.double({ min: 0, max: 1, noNaN: true }) }),
    fc.record({ op: fc.constant("shrink" as const), bytes: fc.integer({ min: 0, max: 20 }) }),
  );
  fc.assert(
    fc.property(fc.array(op, { maxLength: 60 }), (ops) => {
      const log = empty();
      let twin: Entry[] = [];
      let base = { index: 0, term: 0 };
      for (const step of ops) {
        const last = twin.at(-1) ?? base;
        const inside = (at: number) => base.index + 1 + Math.floor(at * twin.length);
        if (step.op === "append") {
          const term = Math.max(1, last.term + step.up);
          const entries = Array.from({ length: step.n }, (_, at) => entry(last.index + 1 + at, term));
          log.append(entries);
          twin = [...twin, ...entries];
        } else if (step.op === "truncate" && twin.length > 0) {
          const from = Math.min(inside(step.at), last.index);
          log.truncate(from);
          twin = twin.filter(({ index }) => index < from);
        } else if (step.op === "compact" && twin.length > 0) {
          const upTo = Math.min(inside(step.at), last.index);
          base = twin.find(({ index }) => index === upTo) ?? base;
          log.compact(upTo);
          twin = twin.filter(({ index }) => index > upTo);
        } else if (step.op === "shrink") log.shrink(last.index, step.bytes);
        const end = twin.at(-1) ?? base;
        expect([log.firstIndex, log.lastIndex, log.lastTerm]).toEqual([base.index + 1, end.index, end.term]);
        for (const { index, term } of twin) expect(log.termAt(index)).toBe(term);
        expect(log.termAt(base.index)).toBe(base.term);
        const tail = log.cached(Math.max(base.index + 1, end.index - 1), end.index);
        if (tail !== undefined) expect(tail).toEqual(twin.slice(-tail.length || twin.length));
      }
    }),
    { numRuns: 300 },
  );
});
