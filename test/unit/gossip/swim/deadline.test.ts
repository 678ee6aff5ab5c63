import { expect, test } from "bun:test";
import { Deadline } from "../../../../src/gossip/swim/deadline.ts";
import { ManualClock } from "../../../support/manual-clock.ts";

const GRACE_MS = 500;

function deadline(delayMs: number) {
  const clock = new ManualClock();
  const missed: number[] = [];
  const startMs = clock.monotonicMs();
  const made = new Deadline(clock, delayMs, GRACE_MS, () => missed.push(clock.monotonicMs() - startMs));
  return { clock, missed, made };
}

test("a deadline is missed when its time is over", () => {
  const { clock, missed } = deadline(1000);
  clock.advance(999);
  expect(missed).toEqual([]);
  clock.advance(1);
  expect(missed).toEqual([1000]);
});

test("one that is a little late counts all the same", () => {
  const { clock, missed } = deadline(1000);
  clock.stall(1400);
  expect(missed).toEqual([1400]);
});

test("one that comes much too late gives what lies in the sockets a chance to be read", () => {
  const { clock, missed } = deadline(1000);
  clock.stall(20_000);
  expect(missed).toEqual([]);
  clock.advance(GRACE_MS);
  expect(missed).toEqual([20_500]);
});

test("there is one such chance only, however often the process stands still", () => {
  const { clock, missed } = deadline(1000);
  clock.stall(20_000);
  clock.stall(20_000);
  expect(missed).toEqual([40_000]);
});

test("a cancelled one is not missed, neither at once nor in the time that was added", () => {
  const first = deadline(1000);
  first.made.cancel();
  first.clock.advance(5000);
  expect(first.missed).toEqual([]);
  const second = deadline(1000);
  second.clock.stall(20_000);
  second.made.cancel();
  second.clock.advance(5000);
  expect(second.missed).toEqual([]);
});
