import { describe, expect, test } from "bun:test";
import { Suspicion } from "../../../../src/gossip/swim/suspicion.ts";
import { ManualClock } from "../../../support/manual-clock.ts";

const BOUNDS = { wanted: 3, minMs: 2000, maxMs: 30_000 };

function suspicion(bounds = BOUNDS) {
  const clock = new ManualClock();
  const expired: { atMs: number; confirmations: number }[] = [];
  const startMs = clock.monotonicMs();
  const onExpired = (confirmations: number) => expired.push({ atMs: clock.monotonicMs() - startMs, confirmations });
  return { clock, expired, made: new Suspicion({ bounds, accuser: "a", clock, graceMs: 500, onExpired }) };
}

describe("the time of a suspect", () => {
  test("is the longest when nobody confirms", () => {
    const { clock, expired } = suspicion();
    clock.advance(60_000);
    expect(expired).toEqual([{ atMs: 30_000, confirmations: 0 }]);
  });

  test("is the shortest when nobody is expected to", () => {
    const { clock, expired } = suspicion({ ...BOUNDS, wanted: 0 });
    clock.advance(60_000);
    expect(expired).toEqual([{ atMs: 2000, confirmations: 0 }]);
  });

  // memberlist's TestSuspicion_remainingSuspicionTime: k = 3, 2 s to 30 s.
  test.each([
    [1, 16_000],
    [2, 7810],
    [3, 2000],
  ])("after %i confirmations is %i ms in all, whatever of it has passed", (confirmations, atMs) => {
    const { clock, expired, made } = suspicion();
    for (const from of ["b", "c", "d"].slice(0, confirmations)) {
      clock.advance(200);
      expect(made.confirm(from)).toBe(true);
    }
    clock.advance(60_000);
    expect(expired).toEqual([{ atMs, confirmations }]);
  });

  test("ends at once when a confirmation makes it shorter than what has passed", () => {
    const { clock, expired, made } = suspicion();
    clock.advance(20_000);
    made.confirm("b");
    clock.advance(0);
    expect(expired).toEqual([{ atMs: 20_000, confirmations: 1 }]);
  });

  test("never ends when it is cancelled", () => {
    const { clock, expired, made } = suspicion();
    made.confirm("b");
    made.cancel();
    clock.advance(60_000);
    expect(expired).toEqual([]);
  });

  test("does not end in the turn after this process stood still: a refutation may wait in the socket", () => {
    const { clock, expired, made } = suspicion();
    clock.stall(90_000);
    expect(expired).toEqual([]);
    made.cancel();
    clock.advance(60_000);
    expect(expired).toEqual([]);
  });
});

describe("no confirmation is", () => {
  test("what the first accuser says again", () => {
    expect(suspicion().made.confirm("a")).toBe(false);
  });

  test("what the same member says twice", () => {
    const { made } = suspicion();
    expect(made.confirm("b")).toBe(true);
    expect(made.confirm("b")).toBe(false);
  });

  test("what comes after enough have confirmed", () => {
    const { made } = suspicion();
    for (const from of ["b", "c", "d"]) made.confirm(from);
    expect(made.confirm("e")).toBe(false);
  });
});
