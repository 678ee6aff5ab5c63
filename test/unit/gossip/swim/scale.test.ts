import { describe, expect, test } from "bun:test";
import {
  pushPullIntervalMs,
  suspicionBounds,
  suspicionTimeoutMs,
  transmitLimit,
} from "../../../../src/gossip/swim/scale.ts";
import { TIMINGS } from "../../../../src/gossip/timing.ts";

const { lan, wan } = TIMINGS;

describe("the time of a suspicion", () => {
  test.each([
    [3, 4000, 24_000],
    [10, 4000, 24_000],
    [30, 5908, 35_448],
    [100, 8000, 48_000],
    [1000, 12_000, 72_000],
    [10_000, 16_000, 96_000],
  ])("with %i members is between %i and %i ms (memberlist's suspicionTimeout)", (size, minMs, maxMs) => {
    expect(suspicionBounds(lan, size)).toMatchObject({ minMs, maxMs });
  });

  test("on a WAN is longer", () => {
    expect(suspicionBounds(wan, 10)).toMatchObject({ minMs: 30_000, maxMs: 180_000 });
  });

  test("with a member that is known alone is that of ten", () => {
    expect(suspicionBounds(lan, 0)).toMatchObject({ wanted: 0, minMs: 4000 });
  });

  test.each([
    [2, 0],
    [3, 0],
    [4, 2],
    [1000, 2],
  ])(
    "with %i members waits for %i confirmations: neither the suspect nor the first accuser can give one",
    (size, wanted) => {
      expect(suspicionBounds(lan, size).wanted).toBe(wanted);
    },
  );

  test("shrinks from the longest to the shortest by the logarithm of the confirmations (Lifeguard IV.B)", () => {
    const bounds = suspicionBounds(lan, 100);
    const times = [0, 1, 2].map((confirmations) => suspicionTimeoutMs(bounds, confirmations));
    expect(times).toEqual([48_000, Math.floor(48_000 - 40_000 * (Math.log(2) / Math.log(3))), 8000]);
  });

  test("is never shorter than the shortest, and is that when no confirmation can come", () => {
    expect(suspicionTimeoutMs({ wanted: 2, minMs: 4000, maxMs: 24_000 }, 9)).toBe(4000);
    expect(suspicionTimeoutMs({ wanted: 0, minMs: 4000, maxMs: 24_000 }, 0)).toBe(4000);
  });

  test("with a multiplier below two waits for none", () => {
    expect(suspicionBounds({ ...lan, suspicionMult: 1 }, 100).wanted).toBe(0);
  });
});

test.each([
  [1, 4],
  [9, 4],
  [10, 8],
  [99, 8],
  [999, 12],
  [10_000, 20],
])("with %i members a message is sent %i times (memberlist's retransmitLimit)", (size, times) => {
  expect(transmitLimit(4, size)).toBe(times);
});

test.each([
  [1, 30],
  [32, 30],
  [33, 60],
  [64, 60],
  [65, 90],
  [100, 90],
  [1000, 180],
  [10_000, 300],
  [100_000, 390],
])("with %i members states are exchanged every %i s (memberlist's pushPullScale)", (size, seconds) => {
  expect(pushPullIntervalMs(lan, size)).toBe(seconds * 1000);
});
