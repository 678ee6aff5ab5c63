/** How many tests ran and what came of them. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export const NO_TESTS: Counts = { passed: 0, failed: 0, skipped: 0 };

/** Adds up the results of several runs. */
export function sum(runs: readonly Counts[]): Counts {
  return runs.reduce(
    (all, run) => ({
      passed: all.passed + run.passed,
      failed: all.failed + run.failed,
      skipped: all.skipped + run.skipped,
    }),
    NO_TESTS,
  );
}

/**
 * Reads the closing lines of `bun test` (` 18 pass`, ` 2 skip`, ` 1 todo`, ` 0 fail`) or of the conformance replay
 * (`total  97/99  (2 listed)`, where a listed difference counts as skipped). Output without either gives no tests. A test that
 * prints such lines itself can't mislead, because the last ones count.
 */
export function countsIn(output: string): Counts {
  const total = /^total +(\d+)\/(\d+)(?: +\((\d+) listed\))?$/m.exec(output);
  if (total !== null && !/^Ran \d+ tests? across/m.test(output)) {
    const [same, all, listed] = [Number(total[1]), Number(total[2]), Number(total[3] ?? 0)];
    return { passed: same, failed: all - same - listed, skipped: listed };
  }
  const last = (word: string) => Number([...output.matchAll(new RegExp(`^ *(\\d+) ${word}$`, "gm"))].at(-1)?.[1] ?? 0);
  return { passed: last("pass"), failed: last("fail"), skipped: last("skip") + last("todo") };
}
