import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Mutation } from "./mutations.ts";
import type { Plan } from "./plan/plan.ts";
import type { RunResult } from "./run-plan.ts";

const ROOT = join(import.meta.dir, "../..");
/** What a run needs of the tree. */
const PARTS = ["src/raft", "src/lib", "test/sim", "test/support/linearizable"];

export interface Finding {
  /** How many seeds it took; undefined: none of those that were tried fails. */
  seeds: number | undefined;
  seed: number | undefined;
  invariant: string | undefined;
  text: string | undefined;
}

/** The same tree with one line changed; throws when that line isn't there exactly once. */
export function mutated({ file, find, replace, name }: Mutation, source: string): string {
  const found = source.split(find).length - 1;
  if (found !== 1)
    throw new Error(`"${name}": the line is ${found} times in ${file}; the mutation has to follow the source`);
  return source.replace(find, () => replace);
}

/** Runs seeds on a changed copy of the sources, until one fails. */
export async function hunt(mutation: Mutation, scratch: string, from: number, seedsMax: number): Promise<Finding> {
  mkdirSync(scratch, { recursive: true });
  const copy = mkdtempSync(join(scratch, "mutation-"));
  try {
    for (const part of PARTS) cpSync(join(ROOT, part), join(copy, part), { recursive: true });
    const path = join(copy, mutation.file);
    writeFileSync(path, mutated(mutation, readFileSync(path, "utf8")));
    const { runPlan } = (await import(join(copy, "test/sim/run-plan.ts"))) as { runPlan: (plan: Plan) => RunResult };
    const { planOf } = (await import(join(copy, "test/sim/plan/plan.ts"))) as { planOf: (seed: number) => Plan };
    for (let seeds = 1; seeds <= seedsMax; seeds++) {
      const seed = from + seeds - 1;
      const { violation } = runPlan(planOf(seed));
      if (violation !== undefined) return { seeds, seed, ...violation };
    }
    return { seeds: undefined, seed: undefined, invariant: undefined, text: undefined };
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
