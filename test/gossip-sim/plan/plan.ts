import { Random } from "../../sim/random.ts";
import type { Traits } from "../world/network.ts";
import { LAN_TRAITS } from "../world/network.ts";
import { drawFaults, type Fault } from "./faults.ts";

/** Runs that ask one question each, and one in which anything may happen. */
export const SCENARIOS = [
  "swarm",
  "swarm",
  "swarm",
  "calm",
  "crash",
  "restart",
  "split",
  "lone slow",
  "lone pause",
  "one way",
] as const;
export type Scenario = (typeof SCENARIOS)[number];

/** All of a run that chance decides before it begins. */
export interface Plan {
  seed: number;
  scenario: Scenario;
  size: number;
  /** All know all at the start; else they join one after the other. */
  isFounded: boolean;
  traits: Traits;
  faults: Fault[];
  unsafeMs: number;
}

export function planOf(seed: number): Plan {
  const random = new Random(seed, "plan");
  const scenario = random.pick(SCENARIOS);
  if (scenario === "swarm" || scenario === "calm") return drawSwarm(seed, scenario, random);
  const size = random.pick([7, 10, 16, 30]);
  // Long ways: there is always a ping that is not answered yet.
  const traits = scenario === "lone pause" ? { ...LAN_TRAITS, delayMs: 200, jitterMs: 20 } : { ...LAN_TRAITS };
  return { seed, scenario, size, isFounded: true, traits, faults: [], unsafeMs: 0 };
}

function drawSwarm(seed: number, scenario: "swarm" | "calm", random: Random): Plan {
  const size = random.pick([3, 3, 4, 5, 5, 7, 10, 16, 30]);
  const unsafeMs = random.pick([30_000, 60_000, 120_000, 180_000]);
  const isCalm = scenario === "calm";
  const maybe = (chance: number, most: number) => (!isCalm && random.chance(chance) ? random.next() * most : 0);
  const traits = {
    delayMs: random.pick([0.1, 0.5, 2, 10]),
    jitterMs: random.pick([0.1, 1, 10]),
    lossChance: maybe(0.3, 0.2),
    duplicateChance: maybe(0.4, 0.3),
    strayChance: maybe(0.4, 0.3),
    strayMs: random.pick([20, 200, 2000]),
  };
  const isWanted = ({ kind }: Fault) =>
    !isCalm || kind === "start" || kind === "tags" || kind === "event" || kind === "leave";
  const faults = drawFaults(random, size, unsafeMs).filter(isWanted);
  return { seed, scenario, size, isFounded: random.chance(0.3), traits, faults, unsafeMs };
}
