import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Invariant } from "./check/violation.ts";
import type { Mutation } from "./mutations.ts";
import type { Plan } from "./plan/plan.ts";
import type { RunResult } from "./run-plan.ts";

const ROOT = join(import.meta.dir, "../..");
/** What a run needs of the tree. */
const PARTS = ["src/raft", "src/lib", "test/sim", "test/support/linearizable"];

/** The first seed that fails, and after how many. */
export interface Finding {
  seed: number;
  after: number;
  by: Invariant;
}

/** A source with its lines changed; throws when one isn't there exactly once. */
export function mutated({ file, find, replace, also, name }: Mutation, source: string): string {
  let text = source;
  for (const edit of [{ find, replace }, ...(also === undefined ? [] : [also])]) {
    const found = text.split(edit.find).length - 1;
    if (found !== 1) throw new Error(`"${name}": its line is ${found} times in ${file}; it has to follow the source`);
    text = text.replace(edit.find, () => edit.replace);
  }
  return text;
}

export function sourceOf({ file }: Mutation): string {
  return readFileSync(join(ROOT, file), "utf8");
}

/** Runs seeds on a changed copy of the sources until one fails; undefined when none does. */
export async function hunt(mutation: Mutation, seeds: Iterable<number>): Promise<Finding | undefined> {
  const copy = mkdtempSync(join(tmpdir(), "muster-mutation-"));
  try {
    for (const part of PARTS) cpSync(join(ROOT, part), join(copy, part), { recursive: true });
    writeFileSync(join(copy, mutation.file), mutated(mutation, sourceOf(mutation)));
    const { runPlan } = (await import(join(copy, "test/sim/run-plan.ts"))) as { runPlan: (plan: Plan) => RunResult };
    const { planOf } = (await import(join(copy, "test/sim/plan/plan.ts"))) as { planOf: (seed: number) => Plan };
    let after = 0;
    for (const seed of seeds) {
      after++;
      const { violation } = runPlan(planOf(seed));
      if (violation !== undefined) return { seed, after, by: violation.invariant };
    }
    return undefined;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
