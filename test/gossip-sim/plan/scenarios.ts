import type { SwimMember } from "../../../src/gossip/swim/delegate.ts";
import { type Invariant, Violation } from "../check/violation.ts";
import { expectedFoundMs, shortestSuspicionMs } from "../measure/detection.ts";
import { quantile } from "../measure/statistics.ts";
import type { SimNode } from "../world/node.ts";
import type { World } from "../world/world.ts";
import { LEAVING_MS } from "./faults.ts";
import type { Nemesis } from "./nemesis.ts";
import type { Plan } from "./plan.ts";

/** What happens in a run before all is healed, and what must hold meanwhile. */
export interface ScenarioRun {
  run(world: World, nemesis: Nemesis): void;
  onView?(world: World, node: SimNode, before: SwimMember | undefined, after: SwimMember): void;
}

const WARM_UP_MS = 5000;
/** Of the formulas; the longest of all bounds what may be seen, in some thousand runs. */
const FORMULA_SAMPLES = 50_000;
/** Until nearly all have heard of it. */
const SPREAD_MS_MAX = 3000;
/** The longest suspicion by the shortest. */
const LONGEST_FACTOR = 6;
/** Shorter than the dead are kept. */
const SPLIT_MS = 30_000;
const APART_MS = 60_000;
/** Who comes back is looked at for so long, from when all can have heard of it on. */
const RETURN_MS = 120_000;
const SETTLED_MS = 40_000;
const SECONDS_MAX = 8;
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
    case "restart":
      return restart(plan);
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

/** How long it may take until the first counts one as dead. */
const rareFoundMs = new Map<number, number>();
function foundMsMax(size: number): number {
  const known = rareFoundMs.get(size) ?? quantile(expectedFoundMs(size, FORMULA_SAMPLES, size), 1);
  rareFoundMs.set(size, known);
  return known;
}

/** One dies among the healthy. */
function crash({ seed, size }: Plan): ScenarioRun {
  const victim = seed % size;
  let killedMs = Number.POSITIVE_INFINITY;
  let suspectedMs: number | undefined;
  const minMs = shortestSuspicionMs(size);
  return {
    run: (world) => {
      world.run(WARM_UP_MS);
      world.nodes[victim]?.kill();
      killedMs = world.nowMs;
      const mayTakeMs = Math.round(foundMsMax(size));
      const isDeadTo = ({ swim }: SimNode) => swim.member(`n${victim}`)?.state === "dead";
      const isFound = world.runUntil(killedMs + mayTakeMs, () => world.up.some(isDeadTo));
      // One in some hundred does not hear of it, and waits for the end of its own suspicion.
      const isKnown = world.runUntil(world.nowMs + LONGEST_FACTOR * minMs, () => world.up.every(isDeadTo));
      if (isFound && isKnown) return;
      const text = isFound ? "not all know it" : `nobody has found it after ${mayTakeMs} ms`;
      throw new Violation("the dead are found in time, and not too early", text);
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

/** One that has said different things goes and comes back, soon or late, here or elsewhere, and knows nothing of it. */
function restart({ seed, size }: Plan): ScenarioRun {
  const index = seed % size;
  return {
    run: (world, nemesis) => {
      world.run(WARM_UP_MS);
      for (let change = 1; change <= 3; change++)
        nemesis.schedule([{ kind: "tags", atMs: change * 1000, node: index }]);
      const backMs = [100, 3000, 20_000, 45_000, 90_000][seed % 5] ?? 0;
      const atMs = WARM_UP_MS;
      const moves = seed % 3 === 0;
      if (seed % 2 === 0) nemesis.schedule([{ kind: "leave", atMs, node: index, backMs }]);
      else nemesis.schedule([{ kind: "crash", atMs, node: index, backMs, moves }]);
      world.run(atMs + LEAVING_MS + backMs + 1000);
      if (seed % 2 === 0 || !moves) checkReturn(world, index);
    },
  };
}

/** Who has come back is not for long in anybody's eyes what it was when it went. */
function checkReturn(world: World, index: number): void {
  const name = `n${index}`;
  const gone = new Map<SimNode, number>();
  for (let passedMs = 0; passedMs < RETURN_MS; passedMs += 1000) {
    world.run(1000);
    for (const observer of world.up) {
      const state = observer.swim.member(name)?.state ?? "alive";
      const seconds = state === "alive" ? 0 : (gone.get(observer) ?? 0) + 1;
      gone.set(observer, seconds);
      if (passedMs > SETTLED_MS && seconds > SECONDS_MAX) {
        throw new Violation("who has come back stays", `${observer.name} sees ${name} ${state} for ${seconds} s`);
      }
    }
  }
}

/** The pool falls in two, until all of each half have buried the other, and comes together. Those of a half always reach each other. */
function split({ seed, size }: Plan): ScenarioRun {
  const isAway = (index: number) => (index + seed) % 2 === 0;
  const away = Array.from({ length: size }, (_, index) => index).filter(isAway);
  const isBuried = ({ nodes }: World) =>
    nodes.every((observer) =>
      nodes.every(({ index, name }) => {
        const state = isAway(index) === isAway(observer.index) ? undefined : observer.swim.member(name)?.state;
        return state === undefined || state === "dead";
      }),
    );
  return {
    run: (world) => {
      world.run(WARM_UP_MS);
      world.network.split(away, 1);
      world.run(SPLIT_MS);
      while (!isBuried(world)) world.run(SPREAD_MS_MAX);
      world.run(SPREAD_MS_MAX);
      world.network.split(away, 0);
      world.run(APART_MS);
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

/** One process stands still; in half of the runs while it suspects another one that refutes meanwhile. */
function lonePause({ seed, size }: Plan): ScenarioRun {
  const paused = seed % size;
  const suspect = (paused + 1) % size;
  const hasSuspect = seed % 2 === 0;
  return {
    run: (world) => {
      world.run(WARM_UP_MS + (seed % 1000));
      const { [paused]: victim, [suspect]: other } = world.nodes;
      if (hasSuspect) other?.hold();
      const isSuspected = () => victim?.swim.member(`n${suspect}`)?.state === "suspect";
      if (hasSuspect) world.runUntil(world.nowMs + SLOW_MS, isSuspected);
      victim?.pause();
      other?.release();
      world.run(PAUSE_MS);
      victim?.goOn();
      world.run(PAUSE_MS);
    },
    onView: (_world, node, _before, { name, state }) => {
      const isAccused = state === "dead" || (state === "suspect" && !hasSuspect);
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
      world.run(APART_MS);
    },
    onView: (_world, node, _before, { name, state }) => {
      if (state !== "alive") accuse("one link that is cut accuses nobody", node, name);
    },
  };
}

function accuse(invariant: Invariant, { name: by }: SimNode, name: string): never {
  throw new Violation(invariant, `${by} accuses ${name}`);
}
