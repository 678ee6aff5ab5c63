import type { Random } from "../random.ts";
import type { Kind } from "./faults.ts";
import { DRIFT_PART_MAX, type Swarm } from "./swarm.ts";

/** What some runs are about: more of some kinds of trouble, in a world in which it has consequences. */
interface Theme {
  kinds: readonly Kind[];
  /** The world as it was drawn, made harder. */
  hardened(swarm: Swarm, random: Random): Swarm;
}

/** Reads under leases that nearly end: slow links, clocks that differ, leaders that stand still, votes that come late. */
const lease: Theme = {
  kinds: ["blink", "late", "freeze", "suspend", "pause", "transfer", "bounce", "estrange", "unlink", "clog"],
  hardened: (swarm, random) => ({
    ...swarm,
    servers: random.pick([2, 3, 3, 4, 5]),
    driftPart: random.pick([0, DRIFT_PART_MAX]),
    network: { ...swarm.network, delayMs: swarm.timing.electionTimeoutMs * random.pick([0.01, 0.1, 0.3]) },
    clients: { ...swarm.clients, reads: 0.7, thinkMs: swarm.timing.electionTimeoutMs * 0.1, sticky: random.next() },
  }),
};

/** Pre-votes, votes and words to campaign that come late, twice, or to some servers only. */
const elections: Theme = {
  kinds: ["late", "clog", "blink", "unlink", "isolate", "partition", "topple", "seesaw", "transfer", "crash"],
  hardened: (swarm, random) => ({
    ...swarm,
    servers: random.pick([3, 3, 4, 5, 5]),
    network: {
      ...swarm.network,
      isOrdered: false,
      duplicateChance: random.pick([0, 0.3]),
      slowChance: random.pick([0.05, 0.2]),
      slowMs: swarm.timing.electionTimeoutMs * random.between(0.3, 3),
    },
  }),
};

const CHANGES: readonly Kind[] = ["grow", "shrink", "demote", "move", "orphan", "corner"];

/** Servers that come, get a vote, lose it and go, while leaders change and disks are lost. */
const membership: Theme = {
  kinds: [...CHANGES, "damage", "transfer", "topple", "seesaw", "crash", "partition", "late"],
  hardened: (swarm, random) => ({
    ...swarm,
    servers: random.pick([1, 2, 3, 3, 4]),
    spares: random.whole(1, 3),
    unsafeMs: swarm.timing.electionTimeoutMs * random.pick([24, 40]),
    operatorMs: swarm.timing.electionTimeoutMs * random.pick([0.05, 0.3]),
  }),
};

/** Logs so short that nearly everybody who comes back needs a snapshot, in many parts. */
const snapshots: Theme = {
  kinds: ["interrupt", "crash", "isolate", "topple", "seesaw", "slowDisk", "diskFull", "grow", "clog", "pause", "late"],
  hardened: (swarm, random) => ({
    ...swarm,
    servers: random.pick([2, 3, 3, 5]),
    snapshots: { everyEntries: random.pick([1, 3]), trailingEntries: random.pick([0, 0, 2]) },
    limits: { ...swarm.limits, snapshotChunkBytes: random.pick([16, 64]) },
    clients: { ...swarm.clients, reads: 0.2, thinkMs: swarm.timing.electionTimeoutMs * random.pick([0.05, 0.2]) },
  }),
};

/** Processes that end at any moment, and find less on their disks than they had in memory, or another server's place. */
const restarts: Theme = {
  kinds: ["crash", "crashAll", "bounce", "damage", "syncError", "diskFull", "slowDisk", "estrange", "echo"],
  hardened: (swarm, random) => ({
    ...swarm,
    disk: {
      ...swarm.disk,
      syncMs: swarm.timing.electionTimeoutMs * random.pick([0.01, 0.1]),
      staleStateChance: random.pick([0.3, 1]),
    },
  }),
};

const THEMES = { lease, elections, membership, snapshots, restarts } as const;

export type ThemeName = keyof typeof THEMES;
export const THEME_NAMES = Object.keys(THEMES) as ThemeName[];

/** Part of the runs that have a theme. */
const THEMED_CHANCE = 0.4;

/** What a seed's run is about, if anything. */
export function drawTheme(random: Random): ThemeName | undefined {
  return random.chance(THEMED_CHANCE) ? random.pick(THEME_NAMES) : undefined;
}

export function themeOf(name: ThemeName): Theme {
  return THEMES[name];
}
