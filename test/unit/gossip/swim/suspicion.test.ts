import { describe, expect, test } from "bun:test";
import { StallClock } from "../../../../src/gossip/swim/stall-clock.ts";
import { Suspicion } from "../../../../src/gossip/swim/suspicion.ts";
import { ManualClock } from "../../../support/manual-clock.ts";

const BOUNDS = { wanted: 3, minMs: 2000, maxMs: 30_000 };

function suspicion(bounds = BOUNDS) {
  const clock = new ManualClock();
  const stalling = new StallClock(clock, 500);
  const expired: { atMs: number; confirmations: number }[] = [];
  const startMs = clock.monotonicMs();
  const onExpired = (confirmations: number) => expired.push({ atMs: clock.monotonicMs() - startMs, confirmations });
  return { clock, expired, stalling, made: new Suspicion({ bounds, accuser: "a", clock: stalling, onExpired }) };
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

  test("is lengthened to the shortest after this process stood still: a refutation may wait in the socket, or be missed", () => {
    const { clock, expired } = suspicion();
    clock.stall(40_000);
    clock.advance(1999);
    expect(expired).toEqual([]);
    clock.advance(1);
    expect(expired).toEqual([{ atMs: 42_000, confirmations: 0 }]);
  });

  test("is that also when those who confirm are heard only then", () => {
    const { clock, stalling, expired, made } = suspicion();
    stalling.after(1000, () => undefined);
    clock.stall(20_000);
    for (const from of ["b", "c", "d"]) made.confirm(from);
    clock.advance(60_000);
    expect(expired).toEqual([{ atMs: 22_000, confirmations: 3 }]);
  });

  test("has an end however often this process stands still", () => {
    const { clock, stalling, expired } = suspicion();
    for (let times = 0; times < 100 && expired.length === 0; times++) {
      stalling.after(1, () => undefined);
      clock.stall(1900);
    }
    expect(expired).toEqual([{ atMs: 60_800, confirmations: 0 }]);
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
