import type { Plan } from "./plan/plan.ts";
import type { Swarm } from "./plan/swarm.ts";
import type { RunResult } from "./run-plan.ts";

/** One way to make a world simpler. */
type Simpler = (swarm: Swarm) => Swarm;

const SIMPLER: readonly Simpler[] = [
  (swarm) => ({ ...swarm, network: { ...swarm.network, lossChance: 0 } }),
  (swarm) => ({ ...swarm, network: { ...swarm.network, duplicateChance: 0 } }),
  (swarm) => ({ ...swarm, network: { ...swarm.network, slowChance: 0 } }),
  (swarm) => ({ ...swarm, network: { ...swarm.network, isOrdered: true } }),
  (swarm) => ({ ...swarm, disk: { ...swarm.disk, slowChance: 0 } }),
  (swarm) => ({ ...swarm, disk: { ...swarm.disk, hopMs: 0 } }),
  (swarm) => ({ ...swarm, driftPart: 0 }),
  (swarm) => ({ ...swarm, timerLagMsMax: 0 }),
  (swarm) => ({ ...swarm, apply: { entriesMax: 64, lagMs: 0 } }),
  (swarm) => ({ ...swarm, snapshots: { ...swarm.snapshots, everyEntries: 1000 } }),
  (swarm) => ({ ...swarm, clients: { ...swarm.clients, count: 1 } }),
  (swarm) => ({ ...swarm, clients: { ...swarm.clients, count: Math.ceil(swarm.clients.count / 2) } }),
];

/** Leaves out of a failing plan what it fails without: faults first, in halves and then one by one, then the world's troubles. */
export function minimise(plan: Plan, run: (plan: Plan) => RunResult): Plan {
  const wanted = run(plan).violation?.invariant;
  if (wanted === undefined) return plan;
  const fails = (candidate: Plan) => run(candidate).violation?.invariant === wanted;
  let best = plan;
  for (let size = Math.ceil(best.faults.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    best = withoutRuns(best, size, fails);
  }
  for (const simpler of SIMPLER) {
    const candidate = { ...best, swarm: simpler(best.swarm) };
    if (fails(candidate)) best = candidate;
  }
  return withoutRuns(best, 1, fails);
}

/** Without as many runs of `size` faults as can be left out. */
function withoutRuns(plan: Plan, size: number, fails: (plan: Plan) => boolean): Plan {
  let best = plan;
  for (let at = 0; at < best.faults.length; ) {
    const candidate = { ...best, faults: best.faults.toSpliced(at, size) };
    if (fails(candidate)) best = candidate;
    else at += size;
  }
  return best;
}
