import { expect, test } from "bun:test";
import type { CheckResult } from "../../../../src/agent/checks/check.ts";
import { ConcurrencyLimit } from "../../../../src/agent/checks/limit.ts";
import { PolledCheck } from "../../../../src/agent/checks/polled.ts";
import { ManualClock, settle } from "../../../support/manual-clock.ts";

const thresholds = { successBeforePassing: 0, failuresBeforeWarning: 0, failuresBeforeCritical: 0 };

function rig(intervalMs: number, limit = new ConcurrencyLimit(8), random = 0.25) {
  const clock = new ManualClock();
  const waiting: ((result: CheckResult) => void)[] = [];
  const reported: CheckResult[] = [];
  let runs = 0;
  const check = new PolledCheck({
    clock,
    random: { float: () => random, uuid: () => "" },
    limit,
    intervalMs,
    thresholds,
    probe: () => {
      runs++;
      return new Promise((resolve) => waiting.push(resolve));
    },
    report: (result) => reported.push(result),
  });
  const answer = async () => {
    waiting.shift()?.({ status: "passing", output: "ok" });
    await settle();
  };
  return { clock, check, reported, answer, runs: () => runs };
}

test("checks: the first run is at a random point of the interval, the next one interval after the answer", async () => {
  const { clock, check, answer, runs } = rig(10_000);
  check.start();
  expect(clock.pendingMs).toEqual([2_500]);
  clock.advance(2_500);
  await settle();
  expect(runs()).toBe(1);
  clock.advance(60_000);
  expect(runs()).toBe(1);
  await answer();
  expect(clock.pendingMs).toEqual([10_000]);
});

test("checks: an interval below a second is a second", () => {
  const { clock, check } = rig(10, undefined, 0.999);
  check.start();
  expect(clock.pendingMs).toEqual([999]);
});

test("checks: a stopped check reports nothing and asks no more", async () => {
  const { clock, check, reported, answer, runs } = rig(1_000);
  check.start();
  clock.advance(250);
  await settle();
  check.stop();
  await answer();
  clock.advance(60_000);
  expect([runs(), reported.length, clock.pendingMs.length]).toEqual([1, 0, 0]);
});

test("checks: no more than the limit run at once, and one that is stopped while it waits leaves the line", async () => {
  const limit = new ConcurrencyLimit(1);
  const all = [rig(1_000, limit), rig(1_000, limit), rig(1_000, limit)];
  for (const { clock, check } of all) {
    check.start();
    clock.advance(250);
  }
  await settle();
  expect(all.map((one) => one.runs())).toEqual([1, 0, 0]);
  all[1]?.check.stop();
  await all[0]?.answer();
  expect(all.map((one) => one.runs())).toEqual([1, 0, 1]);
  await all[2]?.answer();
  expect(all.map((one) => one.reported.length)).toEqual([1, 0, 1]);
});
