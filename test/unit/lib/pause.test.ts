import { expect, test } from "bun:test";
import { pause } from "../../../src/lib/pause.ts";
import { ManualClock } from "../../support/manual-clock.ts";

test("a pause ends when its time is over", async () => {
  const clock = new ManualClock();
  let isOver: boolean | undefined;
  const over = pause(clock, 100).then((whole) => {
    isOver = whole;
  });
  clock.advance(99);
  await Promise.resolve();
  expect(isOver).toBeUndefined();
  clock.advance(1);
  await over;
  expect(isOver).toBe(true);
});

test("a signal ends it at once, and leaves no timer", async () => {
  const clock = new ManualClock();
  const controller = new AbortController();
  const over = pause(clock, 100, controller.signal);
  controller.abort();
  expect(await over).toBe(false);
  expect(clock.pendingMs).toEqual([]);
});

test("with a signal that has come already there is no pause", async () => {
  const clock = new ManualClock();
  expect(await pause(clock, 100, AbortSignal.abort())).toBe(false);
  expect(clock.pendingMs).toEqual([]);
});
