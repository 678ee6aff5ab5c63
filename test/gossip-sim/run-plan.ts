import type { SwimMember } from "../../src/gossip/swim/delegate.ts";
import { checkView, TransmitCount, untilAgreed } from "./check/rules.ts";
import { type Invariant, Violation } from "./check/violation.ts";
import { Nemesis } from "./plan/nemesis.ts";
import type { Plan } from "./plan/plan.ts";
import { scenarioOf } from "./plan/scenarios.ts";
import type { SimNode } from "./world/node.ts";
import { World } from "./world/world.ts";

export interface RunResult {
  seed: number;
  scenario: string;
  members: number;
  events: number;
  /** Of the world's time. */
  virtualMs: number;
  violation: { invariant: Invariant; text: string } | undefined;
}

/** When one joins after the other. */
const JOIN_EVERY_MS = 300;
/** Suspicions, lost exchanges and tries to reach who failed may all be in the way. */
const RECOVERY_MS = 300_000;
const REST_MS = 60_000;

/** One run from its beginning to its end: faults, then recovery, then rest. */
export function runPlan(plan: Plan, trace: (line: string) => void = () => undefined): RunResult {
  const scenario = scenarioOf(plan);
  const onView = (node: SimNode, before: SwimMember | undefined, after: SwimMember) => {
    trace(`${(world.nowMs / 1000).toFixed(3)} ${node.name} sees ${after.name} ${after.state} ${after.incarnation}`);
    try {
      checkView(node, before, after);
      scenario.onView?.(world, node, before, after);
    } catch (error) {
      // Whoever waits for an exchange of states catches what that throws.
      caught ??= error;
      throw error;
    }
  };
  const world = new World({ seed: plan.seed, watcher: { onView } }, plan.size);
  let caught: unknown;
  let violation: RunResult["violation"];
  try {
    const nemesis = new Nemesis(world, plan.size, trace);
    begin(world, nemesis, plan);
    scenario.run(world, nemesis);
    nemesis.heal();
    untilAgreed(world, RECOVERY_MS);
    checkRest(world);
    untilAgreed(world, 0);
    if (caught !== undefined) throw caught;
  } catch (error) {
    violation = described(caught ?? error);
    trace(`VIOLATION ${violation.invariant}: ${violation.text}`);
  }
  const { seed } = plan;
  const members = world.nodes.length;
  return { seed, scenario: plan.scenario, members, events: world.events, virtualMs: world.nowMs, violation };
}

function begin(world: World, nemesis: Nemesis, { scenario, size, isFounded, traits }: Plan): void {
  world.network.traits = { ...traits };
  new TransmitCount(world);
  if (isFounded) {
    world.found(size);
    // States that are exchanged with one who was slow would confirm its accusations.
    if (scenario === "lone slow") return;
    for (const node of world.nodes) node.reconnectForEver(world.random);
    return;
  }
  for (let at = 0; at < size; at++) {
    const node = world.add();
    world.time.after(at * JOIN_EVERY_MS, () => nemesis.start(node));
  }
  // Two pools that never met would stay two.
  world.run((size + 1) * JOIN_EVERY_MS);
  untilAgreed(world, RECOVERY_MS);
}

/** Nothing happens any more, so there is nothing to tell. */
function checkRest(world: World): void {
  world.run(REST_MS);
  const before = world.network.sums.gossiped;
  world.run(REST_MS);
  const more = world.network.sums.gossiped - before;
  if (more > 0) throw new Violation("who is at rest has nothing to say", `${more} packets in ${REST_MS / 1000} s`);
}

/** A core that throws has broken an invariant of its own. */
function described(error: unknown): { invariant: Invariant; text: string } {
  if (error instanceof Violation) return { invariant: error.invariant, text: error.message };
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { invariant: "no assertion fails", text };
}
