import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Command, parseArgs, USAGE } from "./args.ts";
import { minimise } from "./minimise.ts";
import { huntAll } from "./mutation-hunt.ts";
import { MUTATIONS, type Mutation } from "./mutations.ts";
import mutationsFound from "./mutations-found.json" with { type: "json" };
import { type Plan, planOf } from "./plan/plan.ts";
import { type RunResult, runPlan } from "./run-plan.ts";
import { type Totals, unmarked } from "./totals.ts";
import { inWorkers } from "./workers.ts";

// `bun run sim`: clusters in a world of their own; see docs/simulator.md.

const RECORD = join(import.meta.dir, "mutations-found.json");
const recorded: Record<string, { seed: number; by: string }> = mutationsFound;
const NAME_WIDTH = 76;
const LAST_EVENTS = 40;
const MS_PER_MINUTE = 60_000;
const TOLD_EVERY_MS = 10 * MS_PER_MINUTE;

const say = (text: string) => process.stdout.write(text);

function describe({ seed, servers, events, virtualMs, committed, violation }: RunResult): string {
  const outcome = violation === undefined ? "PASSED" : `FAILED "${violation.invariant}": ${violation.text}`;
  return `seed=${seed} servers=${servers} events=${events} seconds=${(virtualMs / 1000).toFixed(1)} committed=${committed} ${outcome}\n`;
}

/** Runs a plan; one that fails is run again for its last events. */
function runOne(plan: Plan, isTraced: boolean): boolean {
  if (isTraced) {
    const result = runPlan(plan, (line) => say(`${line}\n`));
    say(describe(result));
    return result.violation === undefined;
  }
  const result = runPlan(plan);
  if (result.violation !== undefined) {
    const lines: string[] = [];
    runPlan(plan, (line) => lines.push(line));
    say(`... ${lines.length} events\n${lines.slice(-LAST_EVENTS).join("\n")}\n`);
  }
  say(describe(result));
  return result.violation === undefined;
}

function runSeed({ seed, trace, minimise: path }: Command & { kind: "one" }): boolean {
  const plan = planOf(seed);
  const isGood = runOne(plan, trace);
  if (isGood || path === undefined) return isGood;
  const smaller = minimise(plan, (candidate) => runPlan(candidate));
  writeFileSync(path, `${JSON.stringify(smaller, null, 2)}\n`);
  say(`${plan.faults.length} faults, it fails with ${smaller.faults.length}: bun run sim --plan ${path} --trace\n`);
  return false;
}

async function runMany({ from, count, forMs, workers, theme }: Command & { kind: "many" }): Promise<boolean> {
  const startedNs = Bun.nanoseconds();
  const passedMs = () => (Bun.nanoseconds() - startedNs) / 1e6;
  let toldMs = 0;
  let named = 0;
  const told = (totals: Totals) => {
    for (const { seed, invariant, text } of totals.failures.slice(named)) {
      say(`seed=${seed} FAILED "${invariant}": ${text.split("\n")[0]}\n`);
    }
    named = totals.failures.length;
    if (passedMs() - toldMs < TOLD_EVERY_MS) return;
    toldMs = passedMs();
    say(sums(totals, toldMs));
  };
  const totals = await inWorkers(workers, { from, count, forMs, theme }, told);
  const missing = unmarked(totals);
  if (missing.length > 0) say(`no run has gone: ${missing.join("; ")}\n`);
  say(sums(totals, passedMs()));
  return totals.failed === 0;
}

function sums({ runs, failed, events, virtualMs }: Totals, passedMs: number): string {
  const perMinute = Math.round((runs / passedMs) * MS_PER_MINUTE);
  const hours = (virtualMs / 60 / MS_PER_MINUTE).toFixed(1);
  return `${runs} clusters, ${failed} failed, ${hours} hours of theirs, ${events} events, ${perMinute} clusters a minute\n`;
}

/** Every broken rule must be noticed by some seed, unless it is listed with the reason. What is found is recorded. */
async function runMutations({ count, workers, only }: Command & { kind: "mutations" }): Promise<boolean> {
  // Those that no run is known to notice are looked for when they are asked for by name.
  const isWanted = ({ name, unnoticed }: Mutation) => (only === "" ? unnoticed === undefined : name.includes(only));
  const wanted = MUTATIONS.filter(isWanted);
  const first = (name: string) => recorded[name]?.seed;
  const findings = await huntAll(
    wanted.map(({ name }) => [name, first(name)] as const),
    count,
    workers,
    ({ name, finding }) => {
      const text =
        finding === undefined
          ? `not in ${count} seeds`
          : `"${finding.by}" after ${finding.after} (seed ${finding.seed})`;
      say(`${name.padEnd(NAME_WIDTH)} ${text}\n`);
    },
  );
  const record = { ...recorded };
  for (const { name, finding } of findings)
    if (finding !== undefined) record[name] = { seed: finding.seed, by: finding.by };
  const names = MUTATIONS.map(({ name }) => name).filter((name) => record[name] !== undefined);
  writeFileSync(RECORD, `${JSON.stringify(Object.fromEntries(names.map((name) => [name, record[name]])), null, 2)}\n`);
  return wanted.every(({ name, unnoticed }) => unnoticed !== undefined || record[name] !== undefined);
}

let command: Command | undefined;
try {
  command = parseArgs(process.argv.slice(2));
} catch (error) {
  say(`${(error as Error).message}\n${USAGE}`);
  process.exit(2);
}
let isGood: boolean;
if (command.kind === "one") isGood = runSeed(command);
else if (command.kind === "plan")
  isGood = runOne(JSON.parse(readFileSync(command.path, "utf8")) as Plan, command.trace);
else if (command.kind === "mutations") isGood = await runMutations(command);
else isGood = await runMany(command);
process.exitCode = isGood ? 0 : 1;
