import { expect, test } from "bun:test";
import { HealthBook, isHealthy } from "../../../../src/server/autopilot/health.ts";
import { DEFAULTS, server } from "./fixture.ts";

const LEADER = { term: 3, lastIndex: 1000, heartbeatMs: 20 };

test.each([
  ["as it should be", {}, true],
  ["not heard of", { isAlive: false }, false],
  ["that never answered", { contactMs: undefined }, false],
  ["that answered 200 ms ago", { contactMs: 200 }, true],
  ["that answered 201 ms ago", { contactMs: 201 }, false],
  ["of another term", { lastTerm: 2 }, false],
  ["250 entries behind", { lastIndex: 750 }, true],
  ["251 entries behind", { lastIndex: 749 }, false],
])("a server %s", (_, change, healthy) => {
  expect(isHealthy(server("a", change), LEADER, DEFAULTS)).toBe(healthy);
});

test("the threshold is never below what the heartbeat can show", () => {
  const slow = { ...LEADER, heartbeatMs: 250 };
  expect(isHealthy(server("a", { contactMs: 700 }), slow, DEFAULTS)).toBe(true);
  expect(isHealthy(server("a", { contactMs: 751 }), slow, DEFAULTS)).toBe(false);
});

test("health is stable since it last changed; who leaves is forgotten", () => {
  const book = new HealthBook();
  const at = (ms: number, isWell: boolean) => book.update(new Map([["a", isWell]]), ms, ms).get("a")?.sinceMs;
  expect([at(1, true), at(2, true), at(3, false), at(4, false), at(5, true)]).toEqual([1, 1, 3, 3, 5]);
  book.update(new Map(), 6, 6);
  expect(at(7, true)).toBe(7);
});
