import { MARKS, type Mark } from "./check/marks.ts";
import type { Invariant } from "./check/violation.ts";
import type { RunResult } from "./run-plan.ts";

const FAILURES_KEPT_MAX = 20;

export interface Failure {
  seed: number;
  invariant: Invariant;
  text: string;
}

/** Sum of many runs. */
export interface Totals {
  runs: number;
  events: number;
  virtualMs: number;
  /** In how many runs each rare path was gone. */
  marks: Partial<Record<Mark, number>>;
  failed: number;
  /** The first ones. */
  failures: Failure[];
}

export function noTotals(): Totals {
  return { runs: 0, events: 0, virtualMs: 0, marks: {}, failed: 0, failures: [] };
}

export function addRun(totals: Totals, { seed, events, virtualMs, marks, violation }: RunResult): void {
  totals.runs++;
  totals.events += events;
  totals.virtualMs += virtualMs;
  for (const [mark] of marks) totals.marks[mark] = (totals.marks[mark] ?? 0) + 1;
  if (violation !== undefined) addFailures(totals, 1, [{ seed, ...violation }]);
}

export function addTotals(totals: Totals, more: Totals): void {
  totals.runs += more.runs;
  totals.events += more.events;
  totals.virtualMs += more.virtualMs;
  for (const mark of MARKS) {
    const count = (totals.marks[mark] ?? 0) + (more.marks[mark] ?? 0);
    if (count > 0) totals.marks[mark] = count;
  }
  addFailures(totals, more.failed, more.failures);
}

function addFailures(totals: Totals, failed: number, failures: readonly Failure[]): void {
  totals.failed += failed;
  totals.failures.push(...failures.slice(0, FAILURES_KEPT_MAX - totals.failures.length));
}

/** Paths that no run has gone. */
export function unmarked({ marks }: Totals): Mark[] {
  return MARKS.filter((mark) => marks[mark] === undefined);
}
