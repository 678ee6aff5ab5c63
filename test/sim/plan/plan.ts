import { drawFaults, type Fault } from "./faults.ts";
import { drawSwarm, type Swarm } from "./swarm.ts";

/** All that decides a run: the same plan gives the same events. */
export interface Plan {
  seed: number;
  swarm: Swarm;
  /** Earliest first. */
  faults: readonly Fault[];
}

export function planOf(seed: number): Plan {
  const swarm = drawSwarm(seed);
  return { seed, swarm, faults: drawFaults(seed, swarm) };
}
