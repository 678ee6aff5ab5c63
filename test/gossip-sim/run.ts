import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Command, parseArgs, USAGE } from "./args.ts";
import { TABLES } from "./measure/tables.ts";
import { type Finding, hunt, upTo } from "./mutate.ts";
import { MUTATIONS } from "./mutations.ts";
import found from "./mutations-found.json" with { type: "json" };
import { planOf } from "./plan/plan.ts";
import { type RunResult, runPlan } from "./run-plan.ts";

// `bun run gossip-sim`: whole pools in a world of their own; see docs/gossip-simulation.md.

const RECORD = join(import.meta.dir, "mutations-found.json");

const say = (text: string) => process.stdout.write(text);

function describe({ seed, scenario, members, events, virtualMs, violation }: RunResult): string {
  const outcome = violation === undefined ? "PASSED" : `FAILED "${violation.invariant}": ${violation.text}`;
  const seconds = (virtualMs / 1000).toFixed(1);
  return `seed=${seed} "${scenario}" members=${members} events=${events} seconds=${seconds} ${outcome}\n`;
}

function runOne({ seed, trace }: Command & { kind: "one" }): boolean {
  const result = runPlan(planOf(seed), trace ? (line) => say(`${line}\n`) : undefined);
  say(describe(result));
  return result.violation === undefined;
}

function runMany({ from, count }: Command & { kind: "many" }): boolean {
  let failed = 0;
  let virtualMs = 0;
  for (let seed = from; seed < from + count; seed++) {
    const result = runPlan(planOf(seed));
    virtualMs += result.virtualMs;
    if (result.violation === undefined) continue;
    failed++;
    say(describe(result));
  }
  say(`${count} pools, ${failed} failed, ${(virtualMs / 3_600_000).toFixed(1)} hours of theirs\n`);
  return failed === 0;
}

/** Every broken rule must be noticed by some seed, unless it is listed with the reason. What is found is recorded. */
async function runMutations({ count, only }: Command & { kind: "mutations" }): Promise<boolean> {
  const recorded = { ...found } as Record<string, Finding>;
  let isComplete = true;
  for (const mutation of MUTATIONS) {
    const { name, unnoticed } = mutation;
    if (only === "" ? unnoticed !== undefined : !name.includes(only)) continue;
    const finding = await hunt(mutation, upTo(count, recorded[name]?.seed));
    say(`${finding === undefined ? "NOT NOTICED" : `seed ${finding.seed}: "${finding.by}"`} without: ${name}\n`);
    if (finding === undefined) isComplete = false;
    else recorded[name] = finding;
  }
  const known = MUTATIONS.filter(({ unnoticed }) => unnoticed === undefined).map(({ name }) => name);
  const kept = known.flatMap((name) => (recorded[name] === undefined ? [] : [[name, recorded[name]] as const]));
  writeFileSync(RECORD, `${JSON.stringify(Object.fromEntries(kept), null, 2)}\n`);
  return isComplete;
}

function runTables({ sizeMax, only }: Command & { kind: "table" }): boolean {
  for (const { title, rows } of TABLES.filter((table) => table.title.includes(only))) {
    say(`### ${title}\n\n`);
    for (const row of rows(sizeMax)) say(`${row}\n`);
    say("\n");
  }
  return true;
}

async function run(command: Command): Promise<boolean> {
  switch (command.kind) {
    case "one":
      return runOne(command);
    case "many":
      return runMany(command);
    case "table":
      return runTables(command);
    case "mutations":
      return runMutations(command);
  }
}

try {
  process.exitCode = (await run(parseArgs(process.argv.slice(2)))) ? 0 : 1;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  process.exitCode = 2;
}
