import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { seeded } from "../../e2e/harness/random.ts";
import { checkHistory } from "./check.ts";
import { consulKv, type KvInput, type KvOperation, type KvOutput } from "./consul-kv.ts";
import { madeHistory } from "./made-history.ts";

type Short = readonly [call: number, end: number | "unknown", input: KvInput, output?: KvOutput];

const history = (...all: Short[]): KvOperation[] =>
  all.map(([call, end, input, output], at) => ({ client: `c${at}`, key: "k", input, call, return: end, output }));
const put = (value: string): KvInput => ({ f: "put", value });
const cas = (index: number, value: string): KvInput => ({ f: "cas", index, value });
const get: KvInput = { f: "get" };
const remove: KvInput = { f: "delete" };
const outcomeOf = (operations: readonly KvOperation[], steps?: number) =>
  checkHistory(operations, consulKv(operations), steps).outcome;
const expectOutcome = (outcome: string, ...all: Short[]) => expect(outcomeOf(history(...all))).toBe(outcome as never);

describe("what a register may answer", () => {
  test("a read beside a write sees the old or the new value", () => {
    expectOutcome(
      "linearizable",
      [0, 1, put("a"), true],
      [2, 9, put("b"), true],
      [3, 4, get, { value: "a", index: 1 }],
    );
    expectOutcome(
      "linearizable",
      [0, 1, put("a"), true],
      [2, 9, put("b"), true],
      [3, 4, get, { value: "b", index: 2 }],
    );
  });

  test("a stale read is found: a write was answered before the read began", () => {
    expectOutcome("violation", [0, 1, put("a"), true], [2, 3, put("b"), true], [4, 5, get, { value: "a", index: 1 }]);
  });

  test("a lost write is found", () => {
    expectOutcome("violation", [0, 1, put("a"), true], [2, 3, get, null]);
  });

  test("no read goes back after another saw the new value", () => {
    const [a, b] = [
      { value: "a", index: 1 },
      { value: "b", index: 2 },
    ];
    expectOutcome("violation", [0, 1, put("a"), true], [2, 9, put("b"), true], [3, 4, get, b], [5, 6, get, a]);
    expectOutcome("linearizable", [0, 1, put("a"), true], [2, 9, put("b"), true], [3, 4, get, a], [5, 6, get, b]);
  });

  test("an effect that comes twice is found", () => {
    const seen = (value: string, index: number): KvOutput => ({ value, index });
    const once: Short[] = [
      [0, 9, put("a"), true],
      [1, 2, get, seen("a", 5)],
      [3, 4, put("b"), true],
    ];
    expectOutcome("linearizable", ...once, [5, 6, get, seen("b", 6)]);
    expectOutcome("violation", ...once, [5, 6, get, seen("a", 7)]);
    expectOutcome("violation", [0, "unknown", put("a")], ...once.slice(1), [5, 6, get, seen("a", 7)]);
    // The same value at another index.
    expectOutcome("violation", [0, 1, put("a"), true], [2, 3, get, seen("a", 5)], [4, 5, get, seen("a", 6)]);
  });
});

describe("what is not known", () => {
  test("a write without an answer may take effect late, or never, but then for good", () => {
    const [a, b] = [
      { value: "a", index: 3 },
      { value: "b", index: 8 },
    ];
    const written: Short[] = [
      [0, 1, put("a"), true],
      [2, "unknown", put("b")],
    ];
    expectOutcome("linearizable", ...written, [90, 91, get, a]);
    expectOutcome("linearizable", ...written, [50, 51, get, a], [90, 91, get, b]);
    expectOutcome("violation", ...written, [50, 51, get, b], [90, 91, get, a]);
  });

  test("it never takes effect before its call", () => {
    expectOutcome("violation", [0, 1, put("a"), true], [2, 3, get, { value: "b", index: 8 }], [4, "unknown", put("b")]);
  });

  test("a swap without an answer took effect only if it could", () => {
    const base: Short[] = [
      [0, 1, put("a"), true],
      [2, 3, get, { value: "a", index: 7 }],
    ];
    expectOutcome("linearizable", ...base, [4, "unknown", cas(7, "b")], [5, 6, get, { value: "b", index: 9 }]);
    expectOutcome("violation", ...base, [4, "unknown", cas(6, "b")], [5, 6, get, { value: "b", index: 9 }]);
  });

  test("many writes without an answer, which nobody sees, do not make the search long", () => {
    const lost = Array.from({ length: 60 }, (_, at): Short => [2, "unknown", put(`lost ${at}`)]);
    const read: Short = [6, 7, get, { value: "nobody wrote it", index: 9 }];
    expect(outcomeOf(history([0, 1, put("a"), true], ...lost, read), 1_000)).toBe("violation");
  });

  test("a search that becomes too long is given up, which is not the same as fine", () => {
    const seen = Array.from({ length: 24 }, (_, at): Short => [2, "unknown", put(`v${at}`)]);
    const beside = seen.map((_, at): Short => [3, 100 - at, get, { value: `v${at}`, index: 10 + (at % 12) }]);
    const given = checkHistory(history(...seen, ...beside), consulKv(history(...beside)), 500);
    expect(given).toMatchObject({ outcome: "unknown", keys: ["k"], explanation: expect.stringContaining("given up") });
  });
});

describe("indexes and swaps", () => {
  test("ModifyIndex grows with every write, also over a delete", () => {
    expectOutcome(
      "violation",
      [0, 1, put("a"), true],
      [2, 3, get, { value: "a", index: 9 }],
      [4, 5, put("b"), true],
      [6, 7, get, { value: "b", index: 8 }],
    );
    const anew = (index: number): Short[] => [
      [0, 1, put("a"), true],
      [2, 3, get, { value: "a", index: 9 }],
      [4, 5, remove, true],
      [6, 7, put("b"), true],
      [8, 9, get, { value: "b", index }],
    ];
    expectOutcome("violation", ...anew(9));
    expectOutcome("linearizable", ...anew(11));
  });

  test("of two swaps from one index one succeeds", () => {
    const base: Short[] = [
      [0, 1, put("a"), true],
      [2, 3, get, { value: "a", index: 7 }],
    ];
    expectOutcome("linearizable", ...base, [4, 9, cas(7, "b"), true], [4, 9, cas(7, "c"), false]);
    expectOutcome("violation", ...base, [4, 9, cas(7, "b"), true], [4, 9, cas(7, "c"), true]);
    expectOutcome("violation", ...base, [4, 9, cas(7, "b"), false]);
    // Nobody saw the index before, and two swaps name one.
    expectOutcome("linearizable", [0, 1, put("a"), true], [2, 3, cas(4, "b"), false], [4, 5, cas(6, "c"), true]);
    expectOutcome("violation", [0, 1, put("a"), true], [2, 3, cas(4, "b"), false], [4, 5, cas(4, "c"), true]);
  });

  test("index 0 means that there must be nothing", () => {
    expectOutcome("linearizable", [0, 1, cas(0, "a"), true], [2, 3, cas(0, "b"), false]);
    expectOutcome("violation", [0, 1, cas(0, "a"), true], [2, 3, cas(0, "b"), true]);
    expectOutcome("violation", [0, 1, cas(0, "a"), false]);
  });

  test("a delete by index leaves another version alone, and has nothing against nothing", () => {
    const removeAt = (index: number): KvInput => ({ f: "delete-cas", index });
    const base: Short[] = [
      [0, 1, put("a"), true],
      [2, 3, get, { value: "a", index: 7 }],
    ];
    expectOutcome("linearizable", [0, 1, removeAt(3), true]);
    expectOutcome("linearizable", ...base, [4, 5, removeAt(7), true], [6, 7, get, null]);
    expectOutcome("linearizable", ...base, [4, 5, removeAt(6), false], [6, 7, get, { value: "a", index: 7 }]);
    expectOutcome("violation", ...base, [4, 5, removeAt(6), true]);
  });
});

describe("whole histories", () => {
  const options = { operations: 20_000, clients: 20, keys: 50, unknownShare: 0.02 };

  test("20,000 operations of 20 clients take about one step each", () => {
    const operations = madeHistory({ ...options, random: seeded(1) });
    expect(outcomeOf(operations, 3_000)).toBe("linearizable");
  });

  test("a history in which every second answer is missing is no harder", () => {
    const operations = madeHistory({ ...options, unknownShare: 0.5, random: seeded(7) });
    expect(outcomeOf(operations, 10_000)).toBe("linearizable");
  });

  test("one stale read, one lost write and one write that came twice are each found among 20,000", () => {
    for (let seed = 2; seed < 6; seed++) {
      const operations = madeHistory({ ...options, random: seeded(seed) });
      for (const plant of [staleRead, lostWrite, twice]) {
        const verdict = checkHistory(plant(operations), consulKv(operations));
        expect([plant.name, verdict.outcome]).toEqual([plant.name, "violation"]);
      }
    }
  });

  test("small histories get the verdict of trying every order", () => {
    const operation = fc.record({
      client: fc.constant("c"),
      key: fc.constant("k"),
      input: fc.oneof(
        fc.constant(get),
        fc.constant(remove),
        fc.record({ f: fc.constant("put" as const), value: fc.constantFrom("a", "b", "c") }),
        fc.record({ f: fc.constant("cas" as const), value: fc.constantFrom("d", "e"), index: fc.nat(2) }),
      ),
      call: fc.nat(5),
      length: fc.nat(4),
      isKnown: fc.boolean(),
      read: fc.option(fc.record({ value: fc.constantFrom("a", "b", "c", "d"), index: fc.integer({ min: 1, max: 3 }) })),
      isTrue: fc.boolean(),
    });
    const made = fc.array(operation, { maxLength: 6 }).map((all) =>
      all.map(({ call, length, isKnown, read, isTrue, ...rest }): KvOperation => {
        const output = rest.input.f === "get" ? read : rest.input.f === "cas" ? isTrue : true;
        return isKnown
          ? { ...rest, call, return: call + length, output }
          : { ...rest, call, return: "unknown", output: undefined };
      }),
    );
    fc.assert(
      fc.property(made, (operations) => outcomeOf(operations) === (tryAll(operations) ? "linearizable" : "violation")),
      { numRuns: 3_000 },
    );
  });
});

/** Whether some order of all with an answer and some of the others is right: no memory, no order of trying. */
function tryAll(operations: readonly KvOperation[]): boolean {
  const model = consulKv(operations);
  type State = typeof model.initial;
  const go = (left: readonly KvOperation[], state: State): boolean => {
    const ends = left.flatMap((each) => (each.return === "unknown" ? [] : [each.return]));
    if (ends.length === 0) return true;
    return left.some((each) => {
      if (each.call > Math.min(...ends)) return false;
      const next = model.step(state, each.input, each.output);
      return (
        next !== undefined &&
        go(
          left.filter((other) => other !== each),
          next,
        )
      );
    });
  };
  return go(operations, model.initial);
}

const isRead = ({ input, output }: KvOperation) => input.f === "get" && typeof output === "object" && output !== null;

/** A read in the middle answers what an earlier one of its key answered, long after that was overwritten. */
function staleRead(operations: readonly KvOperation[]): KvOperation[] {
  const reads = operations.filter(isRead);
  const late = reads[Math.floor(reads.length / 2)];
  const early = reads.find(({ key }) => key === late?.key);
  return operations.map((each) => (each === late && early !== undefined ? { ...each, output: early.output } : each));
}

/** A read right after the answer of the first write sees nothing. */
function lostWrite(operations: readonly KvOperation[]): KvOperation[] {
  const write = operations.find(({ input, output }) => input.f === "put" && output === true);
  const at = Number(write?.return);
  const isAlone = !operations.some(({ key, input }) => key === write?.key && input.f.startsWith("delete"));
  const key = isAlone ? (write?.key ?? "") : "own";
  const own: KvOperation[] = isAlone || write === undefined ? [] : [{ ...write, key }];
  return [
    ...operations,
    ...own,
    { client: "late", key, input: get, call: at + 0.001, return: at + 0.002, output: null },
  ];
}

/** At the end a value that was overwritten is there again, with a new index. */
function twice(operations: readonly KvOperation[]): KvOperation[] {
  const early = operations.find(isRead);
  const value = early !== undefined && typeof early.output === "object" ? (early.output?.value ?? "") : "";
  const end = Math.max(...operations.map((each) => (each.return === "unknown" ? each.call : each.return)));
  return [
    ...operations,
    {
      client: "late",
      key: early?.key ?? "",
      input: get,
      call: end + 1,
      return: end + 2,
      output: { value, index: 1_000_000 },
    },
  ];
}
