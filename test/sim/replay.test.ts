import { describe, expect, test } from "bun:test";
import { parseArgs } from "./args.ts";
import { minimise } from "./minimise.ts";
import { planOf, themeNameOf } from "./plan/plan.ts";
import { THEME_NAMES } from "./plan/themes.ts";
import { type RunResult, runPlan } from "./run-plan.ts";

const traceOf = (seed: number) => {
  const lines: string[] = [];
  runPlan(planOf(seed), (line) => lines.push(line));
  return lines;
};

describe("a seed", () => {
  test("replays exactly, event by event", () => {
    const [first, second] = [traceOf(7), traceOf(7)];
    expect(first.length).toBeGreaterThan(500);
    expect(second).toEqual(first);
  });

  test("gives the same run with and without a trace", () => {
    const { events, committed, virtualMs } = runPlan(planOf(11));
    expect(runPlan(planOf(11), () => undefined)).toMatchObject({ events, committed, virtualMs });
  });

  test("gives another run than the next one", () => {
    expect(runPlan(planOf(12)).events).not.toBe(runPlan(planOf(13)).events);
  });
});

test("seeds have every theme, and most of them none", () => {
  const names = Array.from({ length: 200 }, (_, seed) => themeNameOf(seed));
  for (const theme of THEME_NAMES) expect(names).toContain(theme);
  expect(names.filter((name) => name === undefined).length).toBeGreaterThan(100);
});

describe("a failing plan", () => {
  /** Fails while both of these faults are in it. */
  const run = (needed: readonly number[]) => (plan: ReturnType<typeof planOf>) =>
    ({
      violation: needed.every((atMs) => plan.faults.some((fault) => fault.atMs === atMs))
        ? { invariant: "liveness", text: "" }
        : undefined,
    }) as RunResult;

  test("is made smaller until every fault that is left is needed", () => {
    const plan = planOf(3);
    const needed = [plan.faults[1], plan.faults.at(-1)].map((fault) => fault?.atMs ?? 0);
    const smaller = minimise(plan, run(needed));
    expect(smaller.faults.map(({ atMs }) => atMs)).toEqual(needed);
    expect(smaller.swarm.clients.count).toBe(1);
  });

  test("that does not fail stays as it is", () => {
    const plan = planOf(3);
    expect(minimise(plan, run([-1]))).toBe(plan);
  });
});

test("the command line names one run, or many", () => {
  expect(parseArgs(["42", "--trace"])).toEqual({ kind: "one", seed: 42, trace: true, minimise: undefined });
  const many = { kind: "many", from: 1, workers: 1 };
  expect(parseArgs(["--seeds", "9"])).toMatchObject({ ...many, count: 9, forMs: Number.POSITIVE_INFINITY });
  expect(parseArgs(["--hours", "0.5"])).toMatchObject({ ...many, count: Number.POSITIVE_INFINITY, forMs: 1_800_000 });
  expect(() => parseArgs(["--seeds", "none"])).toThrow("--seeds must be a whole number above 0, not none");
  expect(parseArgs(["--theme", "lease"])).toMatchObject({ ...many, theme: "lease" });
  expect(() => parseArgs(["--theme", "love"])).toThrow("--theme must be one of lease, elections");
});
