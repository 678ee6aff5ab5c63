import { expect, test } from "bun:test";
import { Pauses } from "../../../src/lib/pauses.ts";
import { ManualClock } from "../../support/manual-clock.ts";

const NOBODY = new AbortController().signal;

test("pauses that are under way end together, and none that begins later", async () => {
  const clock = new ManualClock();
  const pauses = new Pauses(clock);
  const under = [pauses.pause(100, NOBODY), pauses.pause(200, NOBODY)];
  pauses.end();
  await Promise.all(under);
  expect(clock.pendingMs).toEqual([]);
  const later = pauses.pause(300, NOBODY);
  expect(clock.pendingMs).toEqual([300]);
  clock.advance(300);
  await later;
});

test("each has its own time and its own signal", async () => {
  const clock = new ManualClock();
  const pauses = new Pauses(clock);
  const controller = new AbortController();
  const stopped = pauses.pause(100, controller.signal);
  const whole = pauses.pause(200, NOBODY);
  controller.abort();
  await stopped;
  expect(clock.pendingMs).toEqual([200]);
  clock.advance(200);
  await whole;
});
