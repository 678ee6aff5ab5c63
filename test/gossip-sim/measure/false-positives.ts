import { TIMINGS, type Timing } from "../../../src/gossip/timing.ts";
import { decodeMessage } from "../../../src/gossip/wire/decode.ts";
import { Random } from "../../sim/random.ts";
import type { Host } from "../world/network.ts";
import type { SimNode } from "../world/node.ts";
import { World } from "../world/world.ts";

/** Lifeguard's parts; each can be left out. */
export interface Lifeguard {
  /** Whoever misses answers gives the others more time for theirs. */
  readonly isAware: boolean;
  /** A suspicion that nobody confirms takes longer. */
  readonly waitsForOthers: boolean;
  /** A suspect is told so with the next ping. */
  readonly tellsSuspects: boolean;
}

export const PLAIN_SWIM: Lifeguard = { isAware: false, waitsForOthers: false, tellsSuspects: false };
export const FULL: Lifeguard = { isAware: true, waitsForOthers: true, tellsSuspects: true };

export interface FalsePositives {
  /** Members that never were slow and were counted as dead, at others that never were; and at anybody. */
  readonly atHealthy: number;
  readonly atAll: number;
  /** Suspicions of healthy members at healthy ones. */
  readonly suspicions: number;
}

const WARM_UP_MS = 5000;
const SLOW_MS = [10_000, 30_000] as const;
const BETWEEN_MS = [500, 5000] as const;

export interface SlowOptions {
  readonly size: number;
  /** So many are slow again and again: their messages wait for 10 to 30 s. */
  readonly slow: number;
  readonly forMs: number;
  readonly seed: number;
  readonly lifeguard: Lifeguard;
}

export function falsePositives({ size, slow, forMs, seed, lifeguard }: SlowOptions): FalsePositives {
  const isSlow = (index: number) => index < slow;
  const found = { atHealthy: 0, atAll: 0, suspicions: 0 };
  const world = new World(
    {
      seed,
      timing: timingOf(lifeguard),
      watcher: {
        onView: (node, _before, { name, state }) => {
          if (isSlow(Number(name.slice(1)))) return;
          if (state === "dead") found.atAll++;
          if (isSlow(node.index)) return;
          if (state === "dead") found.atHealthy++;
          if (state === "suspect") found.suspicions++;
        },
      },
    },
    size,
  );
  if (!lifeguard.tellsSuspects) world.network.strip = withoutBuddies;
  world.found(size);
  world.run(WARM_UP_MS);
  const random = new Random(seed, "slow");
  for (const node of world.nodes.filter(({ index }) => isSlow(index))) trouble(world, node, random);
  world.run(forMs);
  return found;
}

/** Of a pool in which nothing is wrong. */
export function suspicionsAtRest(size: number, forMs: number, seed: number): number {
  let suspicions = 0;
  const onView = (_node: SimNode, _before: unknown, { state }: { state: string }) => {
    if (state !== "alive") suspicions++;
  };
  const world = new World({ seed, watcher: { onView } }, size);
  world.found(size);
  world.run(forMs);
  return suspicions;
}

function timingOf({ isAware, waitsForOthers }: Lifeguard): Timing {
  const { awarenessMax, suspicionMaxTimeoutMult, ...lan } = TIMINGS.lan;
  return {
    ...lan,
    awarenessMax: isAware ? awarenessMax : 1,
    suspicionMaxTimeoutMult: waitsForOthers ? suspicionMaxTimeoutMult : 1,
  };
}

function trouble(world: World, node: SimNode, random: Random): void {
  world.time.after(random.between(...BETWEEN_MS), () => {
    node.hold();
    world.time.after(random.between(...SLOW_MS), () => {
      node.release();
      trouble(world, node, random);
    });
  });
}

/** A ping to a suspect without the word that it is one. */
function withoutBuddies(parts: readonly Uint8Array[], { name }: Host): readonly Uint8Array[] {
  const [ping, suspect] = parts;
  if (ping === undefined || suspect === undefined || parts.length !== 2) return parts;
  const [asked, told] = [decodeMessage(ping), decodeMessage(suspect)];
  const isBuddy = asked.type === "ping" && told.type === "suspect" && told.node === asked.node && told.from === name;
  return isBuddy ? [ping] : parts;
}
