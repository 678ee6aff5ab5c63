import type { SwimMember } from "../../../src/gossip/swim/delegate.ts";
import { suspicionBounds } from "../../../src/gossip/swim/scale.ts";
import { TIMINGS } from "../../../src/gossip/timing.ts";
import { type Invariant, Violation } from "../check/violation.ts";
import type { SimNode } from "../world/node.ts";
import type { World } from "../world/world.ts";
import type { Nemesis } from "./nemesis.ts";
import type { Plan } from "./plan.ts";

/** What happens in a run before all is healed, and what must hold meanwhile. */
export interface ScenarioRun {
  run(world: World, nemesis: Nemesis): void;
  onView?(world: World, node: SimNode, before: SwimMember | undefined, after: SwimMember): void;
}

const WARM_UP_MS = 5000;
/** How long a healthy member may have to wait for its first probe, by chance: the worst of thousands of runs. */
const FIRST_PROBE_MS_MAX = 12_000;
const SPREAD_MS_MAX = 5000;
/** Longer than any gossip of a death goes on, shorter than the dead are forgotten. */
const SPLIT_MS = 110_000;
const SLOW_MS = 18_000;
const PAUSE_MS = 25_000;

export function scenarioOf(plan: Plan): ScenarioRun {
  switch (plan.scenario) {
    case "swarm":
      return swarm(plan);
    case "calm":
      return calm(plan);
    case "crash":
      return crash(plan);
    case "split":
      return split(plan);
    case "lone slow":
      return loneSlow(plan);
    case "lone pause":
      return lonePause(plan);
    case "one way":
      return oneWay(plan);
  }
}

function swarm({ faults, unsafeMs }: Plan): ScenarioRun {
  return {
    run: (world, nemesis) => {
      nemesis.schedule(faults);
      world.run(unsafeMs);
    },
  };
}

/** Members come, go and change, and nothing fails. */
function calm({ faults, unsafeMs }: Plan): ScenarioRun {
  return {
    run: (world, nemesis) => {
      nemesis.schedule(faults);
      world.run(unsafeMs);
    },
    onView: (world, node, _before, { name, state }) => {
      if (state === "dead")
        throw new Violation("who leaves has left, and is not dead", `${node.name} sees ${name} dead`);
      const subject = world.nodes.find((each) => each.name === name);
      // The process of one who has left ends before all have heard of it.
      const isGoing = subject?.isLeaving === true || subject?.isUp === false || (subject?.life ?? 0) > 1;
      if (state === "suspect" && !isGoing) accuse("without a fault nobody is suspected", node, name);
    },
  };
}

/** One dies among the healthy. */
function crash({ seed, size }: Plan): ScenarioRun {
  const victim = seed % size;
  let killedMs = Number.POSITIVE_INFINITY;
  let suspectedMs: number | undefined;
  const { minMs } = suspicionBounds(TIMINGS.lan, size);
  return {
    run: (world) => {
      world.run(WARM_UP_MS);
      world.nodes[victim]?.kill();
      killedMs = world.nowMs;
      const mayTakeMs = FIRST_PROBE_MS_MAX + world.timing.probeIntervalMs + minMs + SPREAD_MS_MAX;
      const isFound = () => world.up.every(({ swim }) => swim.member(`n${victim}`)?.state === "dead");
      if (world.runUntil(killedMs + mayTakeMs, isFound)) return;
      throw new Violation("the dead are found in time, and not too early", `not all know it after ${mayTakeMs} ms`);
    },
    onView: (world, node, _before, { name, state }) => {
      if (state === "alive") return;
      if (name !== `n${victim}`) accuse("without a fault nobody is suspected", node, name);
      suspectedMs ??= world.nowMs;
      if (state === "dead" && world.nowMs < suspectedMs + minMs) {
        const passedMs = Math.round(world.nowMs - suspectedMs);
        throw new Violation(
          "the dead are found in time, and not too early",
          `${passedMs} ms after the first suspicion`,
        );
      }
    },
  };
}

/** The pool falls in two for long, and comes together. Those of a side are always within each other's reach. */
function split({ seed, size }: Plan): ScenarioRun {
  const isAway = (index: number) => (index * 7 + seed) % 5 < 2;
  const away = Array.from({ length: size }, (_, index) => index).filter(isAway);
  return {
    run: (world) => {
      world.run(WARM_UP_MS);
      world.network.split(away, 1);
      world.run(SPLIT_MS);
      world.network.split(away, 0);
      world.run(SPLIT_MS);
    },
    onView: (_world, node, _before, { name, state }) => {
      const isSameSide = isAway(node.index) === isAway(Number(name.slice(1)));
      if (state === "dead" && isSameSide) accuse("who has all others within reach is dead to none of them", node, name);
    },
  };
}

/** The messages of one wait for shorter than a suspicion takes that nobody confirms. */
function loneSlow({ seed, size }: Plan): ScenarioRun {
  const slow = seed % size;
  return {
    run: (world) => {
      world.run(WARM_UP_MS);
      world.nodes[slow]?.hold();
      world.run(SLOW_MS);
      world.nodes[slow]?.release();
      world.run(SLOW_MS);
    },
    onView: (_world, node, _before, { name, state }) => {
      if (state === "dead" && name !== `n${slow}`) accuse("who is slow alone buries nobody", node, name);
    },
  };
}

/** One process stands still. */
function lonePause({ seed, size }: Plan): ScenarioRun {
  const paused = seed % size;
  return {
    run: (world) => {
      world.run(WARM_UP_MS + (seed % 1000));
      world.nodes[paused]?.pause();
      world.run(PAUSE_MS);
      world.nodes[paused]?.goOn();
      world.run(PAUSE_MS);
    },
    onView: (_world, node, _before, { name, state }) => {
      const isAccused = state === "suspect" || state === "dead";
      if (isAccused && name !== `n${paused}`) accuse("who stands still alone accuses nobody", node, name);
    },
  };
}

/** One member does not reach one other, which all others reach. */
function oneWay({ seed, size }: Plan): ScenarioRun {
  const from = seed % size;
  const to = (from + 1 + (seed % (size - 1))) % size;
  return {
    run: (world) => {
      world.run(WARM_UP_MS);
      world.network.cut(from, to);
      world.run(SPLIT_MS);
    },
    onView: (_world, node, _before, { name, state }) => {
      if (state !== "alive") accuse("one link that is cut accuses nobody", node, name);
    },
  };
}

function accuse(invariant: Invariant, { name: by }: SimNode, name: string): never {
  throw new Violation(invariant, `${by} accuses ${name}`);
}
