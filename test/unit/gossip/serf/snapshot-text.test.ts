import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { decodeSnapshot, encodeSnapshot, type Snapshot } from "../../../../src/gossip/serf/snapshot-text.ts";

const V4 = { address: "10.0.0.1", port: 8301 };
const V6 = { address: "fd00::1", port: 8301 };
const snapshot = (parts: Partial<Snapshot> = {}): Snapshot => ({
  alive: new Map(),
  clock: 0,
  eventClock: 0,
  queryClock: 0,
  hasLeft: false,
  ...parts,
});

/** What was read, and which lines were not understood. */
function decode(text: string, rejoinAfterLeave = false) {
  const bad: string[] = [];
  const read = decodeSnapshot(text, rejoinAfterLeave, (line) => bad.push(line));
  return { ...read, alive: Object.fromEntries(read.alive), bad };
}

describe("what is kept of a pool, as Serf writes it", () => {
  test("members that are alive, then the clocks", () => {
    const text = encodeSnapshot(
      snapshot({
        alive: new Map([
          ["web 1", V4],
          ["db", V6],
        ]),
        clock: 5,
        eventClock: 6,
        queryClock: 7,
      }),
    );
    expect(text).toBe(
      "alive: web 1 10.0.0.1:8301\nalive: db [fd00::1]:8301\nclock: 5\nevent-clock: 6\nquery-clock: 7\n",
    );
  });

  test("a file that a serf 0.9.4 agent wrote", () => {
    const text = [
      "alive: a 127.88.3.1:7946",
      "clock: 2",
      "query-clock: 1",
      "query-clock: 4",
      "alive: b 127.88.3.2:7946",
      "clock: 3",
      "not-alive: b",
      "alive: b c 127.88.3.3:7946",
      "clock: 5",
      "event-clock: 1",
      "coordinate: [0,0]",
      "# a comment",
      "",
    ].join("\n");
    expect(decode(text)).toEqual({
      alive: { a: { address: "127.88.3.1", port: 7946 }, "b c": { address: "127.88.3.3", port: 7946 } },
      ...{ clock: 5, eventClock: 1, queryClock: 4, hasLeft: false, bad: [] },
    });
  });

  test("after leave nothing of before counts, unless the member is to come back all the same", () => {
    const text = "alive: a 10.0.0.1:8301\nclock: 5\nevent-clock: 6\nquery-clock: 7\nleave\n";
    expect(decode(text)).toMatchObject({ alive: {}, clock: 0, eventClock: 0, queryClock: 0, hasLeft: true });
    expect(decode(text, true)).toMatchObject({ alive: { a: V4 }, clock: 5, eventClock: 6, queryClock: 7 });
    expect(decode(`${text}alive: b [fd00::1]:8301\nclock: 9\n`)).toMatchObject({
      alive: { b: V6 },
      clock: 9,
      hasLeft: false,
    });
  });

  test("lines that are not understood are left out and told", () => {
    const lines = [
      "alive: nobody",
      "alive: a 10.0.0.1",
      "alive: a 10.0.0.1:0",
      "alive: a 10.0.0.1:99999",
      "alive: a host.example:8301",
      "clock: -1",
      "clock: 18446744073709551615",
      "event-clock: x",
      "what is this",
    ];
    const { bad, ...read } = decode(`clock: 3\n${lines.join("\n")}`);
    expect(bad).toEqual(lines);
    expect(read).toMatchObject({ alive: {}, clock: 3, eventClock: 0 });
  });

  test("a name with the end of a line in it can't add lines", () => {
    const text = encodeSnapshot(
      snapshot({
        alive: new Map([
          ["x\nclock: 999", V4],
          ["y\r", V4],
        ]),
      }),
    );
    expect(text).toBe("clock: 0\nevent-clock: 0\nquery-clock: 0\n");
  });

  const name = fc.string({ minLength: 1, unit: "binary" }).filter((text) => !/[\r\n]/.test(text));
  const time = fc.nat({ max: Number.MAX_SAFE_INTEGER });

  test("what is written is read back", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(name, fc.constantFrom(V4, V6)), { selector: ([key]) => key }),
        time,
        time,
        time,
        (alive, clock, eventClock, queryClock) => {
          const kept = snapshot({ alive: new Map(alive), clock, eventClock, queryClock });
          expect(decodeSnapshot(encodeSnapshot(kept), false, () => undefined)).toEqual(kept);
        },
      ),
    );
  });

  test("any text is read", () => {
    const word = fc.constantFrom(
      "alive: ",
      "not-alive: ",
      "clock: ",
      "leave",
      " ",
      "\n",
      ":",
      "[",
      "]",
      "1",
      "9",
      "a",
      "é",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(word).map((words) => words.join("")),
        ),
        fc.boolean(),
        (text, rejoin) => {
          const { alive, clock, eventClock, queryClock } = decode(text, rejoin);
          for (const { port } of Object.values(alive)) expect(port).toBeGreaterThan(0);
          for (const each of [clock, eventClock, queryClock]) expect(Number.isSafeInteger(each)).toBe(true);
        },
      ),
    );
  });
});
