import { expect, test } from "bun:test";
import {
  fullSyncDelayMs,
  fullSyncRetryMs,
  pushRetryMs,
  scaleFactor,
  serverUpDelayMs,
} from "../../../../src/agent/sync/schedule.ts";

test("sync: the interval is 1 minute up to 128 nodes, 2 up to 256, 3 up to 512", () => {
  expect([1, 128, 129, 256, 257, 512, 513, 8192].map(scaleFactor)).toEqual([1, 1, 2, 2, 3, 3, 4, 7]);
});

test("sync: agents of one start spread over one more interval", () => {
  expect(fullSyncDelayMs(60_000, 1, 0)).toBe(60_000);
  expect(fullSyncDelayMs(60_000, 200, 0.5)).toBe(180_000);
  expect(fullSyncRetryMs(1, 0)).toBe(15_000);
});

test("sync: a big cluster spreads over more time after a failure and when servers come", () => {
  expect([1, 129, 8192].map((nodes) => fullSyncRetryMs(nodes, 1))).toEqual([30_000, 45_000, 120_000]);
  expect([1, 129, 8192].map((nodes) => serverUpDelayMs(nodes, 1))).toEqual([3_000, 6_000, 21_000]);
  expect(serverUpDelayMs(1, 0)).toBe(0);
});

test("sync: the retry delay has a bound", () => {
  expect(pushRetryMs(1000, 1)).toBe(15_000);
  expect(pushRetryMs(1, 0)).toBe(500);
});
