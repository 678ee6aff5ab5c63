import { expect, test } from "bun:test";
import { RateLimit } from "../../../../src/gossip/swim/rate-limit.ts";
import { ManualClock } from "../../../support/manual-clock.ts";

test("so many are let through in a second, and as many in the next", () => {
  const clock = new ManualClock();
  const limit = new RateLimit(clock, 2);
  const taken = () => [1, 2, 3, 4].map(() => limit.take());
  expect(taken()).toEqual([true, true, false, false]);
  clock.advance(999);
  expect(limit.take()).toBe(false);
  clock.advance(1);
  expect(taken()).toEqual([true, true, false, false]);
});
