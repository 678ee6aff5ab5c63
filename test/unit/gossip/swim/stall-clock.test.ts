import { expect, test } from "bun:test";
import { StallClock } from "../../../../src/gossip/swim/stall-clock.ts";
import { ManualClock } from "../../../support/manual-clock.ts";

function watched() {
  const inner = new ManualClock();
  const clock = new StallClock(inner, 500);
  const startMs = clock.monotonicMs();
  return { inner, clock, wentOn: () => clock.wentOnMs - startMs };
}

test("a timer that is much too late shows that the process stood still, before it is called", () => {
  const { inner, clock, wentOn } = watched();
  const seen: number[] = [];
  clock.after(1000, () => seen.push(wentOn()));
  inner.stall(20_000);
  expect(seen).toEqual([20_000]);
});

test("one that is a little late, or in time, shows nothing", () => {
  const { inner, clock, wentOn } = watched();
  clock.after(1000, () => undefined);
  inner.stall(1400);
  clock.after(1000, () => undefined);
  inner.advance(5000);
  expect(wentOn()).toBe(Number.NEGATIVE_INFINITY);
});

test("in all else it is the clock beneath", () => {
  const { inner, clock } = watched();
  const calls: string[] = [];
  clock.soon(() => calls.push("soon"));
  clock.after(10, () => calls.push("cancelled")).cancel();
  inner.advance(100);
  expect(calls).toEqual(["soon"]);
  expect([clock.nowMs(), clock.monotonicMs()]).toEqual([inner.nowMs(), inner.monotonicMs()]);
});
