import { expect, test } from "bun:test";
import { initialStreak, judge, thresholdsOf } from "../../../../src/agent/checks/thresholds.ts";
import type { HealthStatus } from "../../../../src/model/check.ts";
import { decodeCheckDefinition } from "../../../../src/model/definition.ts";

/** What the catalog shows after each result. */
function shown(json: Record<string, number>, results: HealthStatus[]): (HealthStatus | undefined)[] {
  const thresholds = thresholdsOf(decodeCheckDefinition(json));
  let streak = initialStreak(thresholds);
  let status: HealthStatus | undefined;
  return results.map((result) => {
    const judged = judge(thresholds, streak, { status: result, output: "" });
    streak = judged.streak;
    status = judged.status ?? status;
    return status;
  });
}

test("checks: without thresholds every result counts at once", () => {
  expect(shown({}, ["passing", "critical", "warning", "passing"])).toEqual([
    "passing",
    "critical",
    "warning",
    "passing",
  ]);
});

test("checks: counters start full, so the first result decides whatever the thresholds say", () => {
  expect(shown({ SuccessBeforePassing: 3, FailuresBeforeCritical: 3 }, ["passing"])).toEqual(["passing"]);
  expect(shown({ SuccessBeforePassing: 3, FailuresBeforeCritical: 3 }, ["critical"])).toEqual(["critical"]);
});

test("checks: the third straight failure is critical, a success between starts anew", () => {
  const results: HealthStatus[] = ["passing", "critical", "critical", "passing", "critical", "critical", "critical"];
  const all = shown({ FailuresBeforeCritical: 3 }, results);
  expect(all).toEqual(["passing", "passing", "passing", "passing", "passing", "passing", "critical"]);
});

test("checks: a warning counts as a success", () => {
  expect(shown({ SuccessBeforePassing: 2 }, ["critical", "warning", "warning"])).toEqual([
    "critical",
    "critical",
    "warning",
  ]);
});

test("checks: failures before warning come first, and default to those before critical", () => {
  const failing: HealthStatus[] = ["passing", "critical", "critical", "critical"];
  expect(shown({ FailuresBeforeWarning: 1, FailuresBeforeCritical: 3 }, failing)).toEqual([
    "passing",
    "warning",
    "warning",
    "critical",
  ]);
  expect(shown({ FailuresBeforeCritical: 3 }, failing)).toEqual(["passing", "passing", "passing", "critical"]);
});
