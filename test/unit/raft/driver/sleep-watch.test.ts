import { expect, test } from "bun:test";
import { SleepWatch } from "../../../../src/raft/driver/sleep-watch.ts";

test("a host has slept when its wall clock has gone on and its monotonic clock has not", () => {
  const shown = { wallMs: 1_800_000_000_000, monotonicMs: 500.4 };
  const watch = new SleepWatch({ nowMs: () => shown.wallMs, monotonicMs: () => shown.monotonicMs });
  const pass = (wallMs: number, monotonicMs: number) => {
    shown.wallMs += wallMs;
    shown.monotonicMs += monotonicMs;
    return watch.hasSlept();
  };
  expect(pass(0, 0)).toBe(false);
  expect(pass(10_000, 10_000)).toBe(false);
  expect(pass(10_001, 10_000)).toBe(false);
  expect(pass(700, 0)).toBe(true);
  // Told once.
  expect(pass(100, 100)).toBe(false);
  // A clock that is set back, and one that is set right again.
  expect(pass(-3_600_000, 1)).toBe(false);
  expect(pass(3_600_000, 1)).toBe(true);
});
