import type { HealthStatus } from "../../model/check.ts";
import type { CheckRun } from "../../model/definition-check.ts";
import type { CheckResult } from "./check.ts";

/** How many results in a row move a status; 0 and 1 both mean at once. */
export interface Thresholds {
  successBeforePassing: number;
  failuresBeforeWarning: number;
  failuresBeforeCritical: number;
}

/** Results in a row. Only a critical result is a failure; a warning counts as a success. */
export interface Streak {
  successes: number;
  failures: number;
}

/** The thresholds of a definition; `FailuresBeforeWarning` falls back to `FailuresBeforeCritical`. */
export function thresholdsOf(run: CheckRun): Thresholds {
  return {
    successBeforePassing: run.SuccessBeforePassing,
    failuresBeforeWarning: run.FailuresBeforeWarning || run.FailuresBeforeCritical,
    failuresBeforeCritical: run.FailuresBeforeCritical,
  };
}

/** Counters start full, so that the first result of a new check decides. */
export function initialStreak(thresholds: Thresholds): Streak {
  return { successes: thresholds.successBeforePassing, failures: thresholds.failuresBeforeCritical };
}

/** The streak after a result, and the status it now stands for; undefined while the old status still holds. */
export function judge(
  thresholds: Thresholds,
  streak: Streak,
  result: CheckResult,
): { streak: Streak; status: HealthStatus | undefined } {
  if (result.status !== "critical") {
    const next = { successes: streak.successes + 1, failures: 0 };
    return { streak: next, status: next.successes >= thresholds.successBeforePassing ? result.status : undefined };
  }
  const next = { successes: 0, failures: streak.failures + 1 };
  if (next.failures >= thresholds.failuresBeforeCritical) return { streak: next, status: "critical" };
  const warns = next.failures >= thresholds.failuresBeforeWarning;
  return { streak: next, status: warns ? "warning" : undefined };
}
