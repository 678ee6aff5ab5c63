import { TIMINGS } from "../../../src/gossip/timing.ts";
import { World } from "../world/world.ts";

export interface Spread {
  /** Times in ms until the last has it, of the runs in which all had it by gossip. */
  readonly times: readonly number[];
  /** Runs in which somebody was left to an exchange of states, or to nothing. */
  readonly missed: number;
}

export interface SpreadOptions {
  readonly size: number;
  readonly lossChance: number;
  /** News of the layer above, or another state of a member. */
  readonly kind: "event" | "alive";
  readonly runs: number;
  readonly seed: number;
}

/** Gossip alone: probes carry news, too, and when packets are lost they make some. */
const TIMING = { ...TIMINGS.lan, probeIntervalMs: 1e9 };

const WARM_UP_MS = 5000;
/** By then the last copy has been sent. */
const GIVEN_UP_MS = 10_000;

/** How long until news of one member are with all. */
export function spread({ size, lossChance, kind, runs, seed }: SpreadOptions): Spread {
  let reached = 0;
  let wanted: number | string = "";
  const world = new World(
    {
      seed,
      timing: TIMING,
      watcher: {
        onEvent: (id) => {
          if (id === wanted) reached++;
        },
        onView: (_node, before, after) => {
          const isNews = after.state === "alive" && after.incarnation > (before?.incarnation ?? 0);
          if (isNews && after.name === wanted) reached++;
        },
      },
    },
    size,
  );
  world.found(size);
  world.run(WARM_UP_MS);
  const times: number[] = [];
  let missed = 0;
  for (let run = 0; run < runs; run++) {
    world.network.traits.lossChance = lossChance;
    const node = world.nodes[Math.floor(world.random.float() * size)];
    if (node === undefined) throw new Error("an empty pool");
    reached = 0;
    wanted = kind === "event" ? run : node.name;
    const startMs = world.nowMs;
    if (kind === "event") node.layer.event(run);
    else node.swim.setMeta(new TextEncoder().encode(`${run}`));
    if (world.runUntil(startMs + GIVEN_UP_MS, () => reached >= size)) times.push(world.nowMs - startMs);
    else missed++;
    world.network.traits.lossChance = 0;
    world.run(GIVEN_UP_MS);
  }
  return { times, missed };
}
