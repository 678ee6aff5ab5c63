import { describe, expect, test } from "bun:test";
import { spread } from "./measure/convergence.ts";
import { detections, expectedFoundMs } from "./measure/detection.ts";
import { FULL, falsePositives, PLAIN_SWIM, suspicionsAtRest } from "./measure/false-positives.ts";
import { mean, median } from "./measure/statistics.ts";
import { traffic } from "./measure/traffic.ts";

// Smaller than what docs/gossip-simulation.md shows, with room for chance.

const ROUND_MS = 200;
const SEED = 5;

describe("news", () => {
  // What serf.io's simulator and a Monte Carlo of the limited transmits say, and one round more.
  test.each([
    [10, 0, 600],
    [10, 0.3, 800],
    [100, 0, 1200],
    [100, 0.3, 1400],
  ])("reach %i members with %d loss within %d ms and a round, in the median", (size, lossChance, expectedMs) => {
    const { times, missed } = spread({ size, lossChance, kind: "event", runs: 10, seed: SEED });
    expect(median(times)).toBeLessThan(expectedMs + ROUND_MS);
    expect(missed).toBeLessThan(2);
  });
});

describe("a death", () => {
  test.each([
    [3, 40],
    [10, 40],
    [100, 8],
  ])("among %i is suspected after about an interval and found when the formulas say", (size, pools) => {
    const all = detections(size, 1, pools, SEED);
    expect(mean(all.map(({ suspectedMs }) => suspectedMs))).toBeLessThan(2500);
    const expected = median(expectedFoundMs(size, 1000, SEED));
    const found = median(all.map(({ foundMs }) => foundMs));
    expect(Math.abs(found - expected) / expected).toBeLessThan(0.15);
  });
});

describe("healthy members", () => {
  test("are never suspected when nothing is wrong", () => {
    expect(suspicionsAtRest(50, 200_000, SEED)).toBe(0);
  });

  test("are buried at least twenty times less often with Lifeguard than without, when a tenth is slow", () => {
    const options = { size: 50, slow: 5, forMs: 120_000, seed: SEED };
    const without = falsePositives({ ...options, lifeguard: PLAIN_SWIM }).atHealthy;
    expect(without).toBeGreaterThan(100);
    expect(falsePositives({ ...options, lifeguard: FULL }).atHealthy).toBeLessThan(without / 20);
  });
});

test("a member at rest sends a ping and an answer in a second, whatever the pool's size", () => {
  for (const size of [5, 100]) {
    const { packetsPerSecond, bytesPerSecond } = traffic({ size, forMs: 20_000, changesPerSecond: 0, seed: SEED });
    expect(packetsPerSecond).toBeCloseTo(2, 1);
    expect(bytesPerSecond).toBeLessThan(350);
  }
});
