import { expect, test } from "bun:test";
import { measureRegularly } from "../../../src/app/measure-regularly.ts";
import { ManualClock } from "../../support/manual-clock.ts";

test("gauges are sent every 10 seconds until the end", () => {
  const clock = new ManualClock();
  let times = 0;
  const end = measureRegularly(() => times++, clock);
  clock.advance(9_999);
  expect(times).toBe(0);
  clock.advance(1);
  clock.advance(10_000);
  expect(times).toBe(2);
  end();
  expect(clock.pendingMs).toEqual([]);
});
