import { TIMINGS } from "../../../src/gossip/timing.ts";
import { Random } from "../../sim/random.ts";
import { World } from "../world/world.ts";

export interface Detection {
  /** From the death until anybody's probe has failed, anybody counts it as dead, and all do; ms. */
  readonly suspectedMs: number;
  readonly foundMs: number;
  readonly knownMs: number;
}

const WARM_UP_MS = 5000;
/** The longest suspicion, and more. */
const GIVEN_UP_MS = 150_000;

/** Kills so many at once, each run in a pool of its own, and waits until all know. */
export function detections(size: number, killed: number, runs: number, seed: number): Detection[] {
  return Array.from({ length: runs }, (_, run) => detectionsOfPool(size, killed, seed + run)).flat();
}

function detectionsOfPool(size: number, killed: number, seed: number): Detection[] {
  const victims = new Map<string, { suspectedMs?: number; foundMs?: number; count: number; knownMs?: number }>();
  let complete = 0;
  const world = new World(
    {
      seed,
      watcher: {
        onView: (_node, _before, { name, state }) => {
          const victim = victims.get(name);
          if (victim === undefined || state === "alive") return;
          victim.suspectedMs ??= world.nowMs;
          if (state !== "dead") return;
          victim.foundMs ??= world.nowMs;
          if (++victim.count === size - killed) {
            victim.knownMs = world.nowMs;
            complete++;
          }
        },
      },
    },
    size,
  );
  world.found(size);
  world.run(WARM_UP_MS);
  for (let at = 0; at < killed; at++) {
    const victim = world.nodes[Math.floor((at * size) / killed)];
    victims.set(victim?.name ?? "", { count: 0 });
    victim?.kill();
  }
  const diedMs = world.nowMs;
  if (!world.runUntil(diedMs + GIVEN_UP_MS, () => complete === killed))
    throw new Error(`not all found at size ${size}`);
  return [...victims.values()].map(({ suspectedMs = 0, foundMs = 0, knownMs = 0 }) => ({
    suspectedMs: suspectedMs - diedMs,
    foundMs: foundMs - diedMs,
    knownMs: knownMs - diedMs,
  }));
}

/**
 * The same by the formulas alone, without a pool: when each of the others comes to the dead one in its shuffled rounds, and
 * what the accusations make of the time of a suspicion.
 */
export function expectedFoundMs(size: number, samples: number, seed: number): number[] {
  const { probeIntervalMs } = TIMINGS.lan;
  const afterMs = suspicionTimesMs(size);
  const random = new Random(seed, "formula");
  return Array.from({ length: samples }, () => {
    const accusedMs = Array.from({ length: size - 1 }, () => (wait(random, size - 1) + 1) * probeIntervalMs);
    accusedMs.sort((a, b) => a - b);
    const [firstMs = 0] = accusedMs;
    const ends = afterMs.map((ms, confirmations) =>
      Math.max(accusedMs[confirmations] ?? Number.POSITIVE_INFINITY, firstMs + ms),
    );
    return Math.min(...ends);
  });
}

export function shortestSuspicionMs(size: number): number {
  const { probeIntervalMs, suspicionMult } = TIMINGS.lan;
  // Three digits of the logarithm count.
  return suspicionMult * Math.floor(Math.max(1, Math.log10(size)) * 1000) * (probeIntervalMs / 1000);
}

/** By the number of confirmations; written down here once more, so that a wrong formula in the program does not confirm itself. */
function suspicionTimesMs(size: number): number[] {
  const { suspicionMult, suspicionMaxTimeoutMult } = TIMINGS.lan;
  const minMs = shortestSuspicionMs(size);
  if (size < suspicionMult) return [minMs];
  const maxMs = suspicionMaxTimeoutMult * minMs;
  return [maxMs, maxMs - (maxMs - minMs) * (Math.log(2) / Math.log(3)), minMs];
}

/** Intervals until one who probes so many in rounds, each in another order, comes to a certain one. */
function wait(random: Random, others: number): number {
  const passed = random.whole(0, others - 1);
  const place = random.whole(0, others - 1);
  const left = place >= passed ? place - passed : others - passed + random.whole(0, others - 1);
  return left + random.next();
}
