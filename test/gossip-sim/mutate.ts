import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mutated, sourceOf } from "../sim/mutate.ts";
import type { Mutation } from "../sim/mutations.ts";
import type { Invariant } from "./check/violation.ts";
import type { Plan } from "./plan/plan.ts";
import type { RunResult } from "./run-plan.ts";

const ROOT = join(import.meta.dir, "../..");
/** What a run needs of the tree. */
const PARTS = ["src/gossip", "src/codec", "src/lib", "src/ports", "test/gossip-sim", "test/sim", "test/support"];

/** The first seed that notices. */
export interface Finding {
  seed: number;
  by: Invariant;
}

/** Runs seeds on a changed copy of the sources until one fails; undefined when none does. */
export async function hunt(mutation: Mutation, seeds: Iterable<number>): Promise<Finding | undefined> {
  const copy = mkdtempSync(join(tmpdir(), "muster-gossip-mutation-"));
  try {
    for (const part of PARTS) cpSync(join(ROOT, part), join(copy, part), { recursive: true });
    writeFileSync(join(copy, mutation.file), mutated(mutation, sourceOf(mutation)));
    const { runPlan } = (await import(join(copy, "test/gossip-sim/run-plan.ts"))) as { runPlan(plan: Plan): RunResult };
    const { planOf } = (await import(join(copy, "test/gossip-sim/plan/plan.ts"))) as { planOf(seed: number): Plan };
    for (const seed of seeds) {
      const { violation } = runPlan(planOf(seed));
      if (violation !== undefined) return { seed, by: violation.invariant };
    }
    return undefined;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

export function* upTo(count: number, first?: number): Generator<number> {
  if (first !== undefined) yield first;
  for (let seed = 1; seed <= count; seed++) yield seed;
}
