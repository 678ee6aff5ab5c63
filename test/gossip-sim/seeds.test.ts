import { expect, test } from "bun:test";
import { parseArgs } from "./args.ts";
import { planOf } from "./plan/plan.ts";
import { runPlan } from "./run-plan.ts";

/** `GOSSIP_SIM_SEEDS=5000 GOSSIP_SIM_FROM=7 bun test test/gossip-sim/seeds.test.ts` looks longer and elsewhere. */
const COUNT = Number(process.env.GOSSIP_SIM_SEEDS ?? 40);
const FROM = Number(process.env.GOSSIP_SIM_FROM ?? 1);

test(`${COUNT} pools hold to all invariants, whatever happens to them`, () => {
  const failures: string[] = [];
  const scenarios = new Set<string>();
  for (let seed = FROM; seed < FROM + COUNT; seed++) {
    const { scenario, violation } = runPlan(planOf(seed));
    scenarios.add(scenario);
    if (violation !== undefined) failures.push(`seed ${seed}: ${violation.invariant}: ${violation.text}`);
  }
  expect(failures).toEqual([]);
  expect(scenarios.size).toBeGreaterThan(6);
});

test("a seed replays exactly, event by event, and the next one is another run", () => {
  const traceOf = (seed: number) => {
    const lines: string[] = [];
    const { events } = runPlan(planOf(seed), (line) => lines.push(line));
    return { events, lines };
  };
  const [first, second] = [traceOf(7), traceOf(7)];
  expect(first.lines.length).toBeGreaterThan(50);
  expect(second).toEqual(first);
  expect(traceOf(8).events).not.toBe(first.events);
});

test("the command line names one run, many, or what is to be looked for", () => {
  expect(parseArgs(["42", "--trace"])).toEqual({ kind: "one", seed: 42, trace: true });
  expect(parseArgs(["--seeds", "9"])).toEqual({ kind: "many", from: 1, count: 9 });
  expect(parseArgs(["--table", "--size", "100"])).toEqual({ kind: "table", sizeMax: 100, only: "" });
  expect(parseArgs(["--mutations", "--only", "refute"])).toEqual({ kind: "mutations", count: 500, only: "refute" });
  expect(() => parseArgs(["--seeds", "none"])).toThrow("--seeds must be a whole number above 0, not none");
});
