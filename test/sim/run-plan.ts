import { RaftCore } from "../../src/raft/core/core.ts";
import type { Mark } from "./check/marks.ts";
import { type Invariant, Violation } from "./check/violation.ts";
import type { Plan } from "./plan/plan.ts";
import { checkCore, checkForced, checkRecovery } from "./world/liveness.ts";
import { unleash } from "./world/nemesis.ts";
import { World } from "./world/world.ts";

export interface RunResult {
  seed: number;
  servers: number;
  events: number;
  /** Of the world's time. */
  virtualMs: number;
  committed: number;
  marks: [Mark, number][];
  violation: { invariant: Invariant; text: string } | undefined;
}

/** One run from its beginning to its end: faults, then recovery, then a majority alone. */
export function runPlan(plan: Plan, trace?: (line: string) => void): RunResult {
  const world = new World(plan, (options) => new RaftCore(options), trace);
  let violation: RunResult["violation"];
  try {
    unleash(world);
    world.run(plan.swarm.unsafeMs);
    checkRecovery(world);
    checkCore(world);
    checkForced(world);
    world.checker.finish();
  } catch (error) {
    violation = described(error);
    trace?.(`VIOLATION ${violation.invariant}: ${violation.text}`);
  }
  return {
    seed: plan.seed,
    servers: plan.swarm.servers,
    events: world.events,
    virtualMs: world.nowMs,
    committed: world.checker.committedIndex,
    marks: [...world.checker.marks.counts],
    violation,
  };
}

/** A core that throws has broken an invariant of its own. */
function described(error: unknown): { invariant: Invariant; text: string } {
  if (error instanceof Violation) return { invariant: error.invariant, text: error.message };
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { invariant: "no assertion fails", text };
}
