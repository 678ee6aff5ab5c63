import type { Limits, Timing } from "../../../src/raft/core/types.ts";
import { Random } from "../random.ts";

/** How one run's world behaves. Every part is drawn anew for each seed, so that some runs are without some trouble. */
export interface Swarm {
  /** Voters at the start, and hosts that may join later. */
  servers: number;
  spares: number;
  /** Faults happen during this long; then all is healed. */
  unsafeMs: number;
  timing: Timing;
  limits: Limits;
  network: NetworkSwarm;
  /** Part by which the slowest clock is slower than the fastest. */
  driftPart: number;
  /** A timer fires this much too late, at most. */
  timerLagMsMax: number;
  disk: DiskSwarm;
  snapshots: { everyEntries: number; trailingEntries: number };
  /** Entries applied at once, and the mean pause before. */
  apply: { entriesMax: number; lagMs: number };
  clients: ClientSwarm;
  /** Between two tries of the operator. */
  operatorMs: number;
}

export interface NetworkSwarm {
  delayMs: number;
  /** Some messages take much longer. */
  slowChance: number;
  slowMs: number;
  lossChance: number;
  duplicateChance: number;
  /** Messages of one link arrive in the order of sending, as on one connection. */
  isOrdered: boolean;
}

export interface DiskSwarm {
  syncMs: number;
  slowChance: number;
  slowMs: number;
  /** How long an answer takes from the disk's thread to the core. */
  hopMs: number;
  /** Part of starts after a power cut that find the state older than the log, or none at all. */
  staleStateChance: number;
}

export interface ClientSwarm {
  count: number;
  keys: number;
  thinkMs: number;
  timeoutMs: number;
  /** Parts of all operations. */
  reads: number;
  cas: number;
  restore: number;
  /** Part of the requests that go on to the server that answered last. */
  sticky: number;
  lossChance: number;
}

const MTU_BYTES = 1400;
/** Less than what the lease allows for. */
export const DRIFT_PART_MAX = 0.095;

export function drawSwarm(seed: number): Swarm {
  const random = new Random(seed, "swarm");
  const maybe = (chance: number, most: number) => (random.chance(chance) ? random.next() * most : 0);
  const electionTimeoutMs = random.pick([150, 500, 750, 750, 1000]);
  const delayMs = electionTimeoutMs * random.pick([0.001, 0.002, 0.005, 0.01, 0.03, 0.1, 0.3]);
  const workMs = Math.min(delayMs, electionTimeoutMs * 0.03);
  const clients = random.whole(1, 6);
  return {
    servers: random.pick([1, 1, 2, 2, 3, 3, 3, 3, 3, 3, 4, 5, 5, 5, 6, 7]),
    spares: random.whole(0, 3),
    unsafeMs: electionTimeoutMs * random.pick([10, 16, 24, 40]),
    timing: {
      electionTimeoutMs,
      heartbeatMs: electionTimeoutMs / 6,
      clockDriftPart: 0.1,
      resendMs: electionTimeoutMs * random.pick([0.1, 0.25, 0.5]),
      commitNotifyMs: random.pick([1, 5, electionTimeoutMs / 12]),
      diskStallMs: electionTimeoutMs * random.pick([0.5, 2, 10]),
    },
    limits: drawLimits(random),
    network: {
      delayMs,
      slowChance: maybe(0.4, 0.05),
      slowMs: electionTimeoutMs * random.between(0.1, 3),
      lossChance: maybe(0.5, random.pick([0.02, 0.1, 0.3])),
      duplicateChance: maybe(0.5, random.pick([0.02, 0.1, 0.3])),
      isOrdered: random.chance(0.5),
    },
    driftPart: random.pick([0, 0, 0.03, DRIFT_PART_MAX, DRIFT_PART_MAX]),
    timerLagMsMax: maybe(0.5, electionTimeoutMs * 0.1),
    disk: {
      syncMs: workMs * random.pick([0, 0.3, 1, 5]),
      slowChance: maybe(0.4, 0.1),
      slowMs: electionTimeoutMs * random.between(0.05, 1.5),
      hopMs: random.pick([0, workMs * 0.1, workMs]),
      staleStateChance: random.pick([0, 0.3, 1]),
    },
    snapshots: { everyEntries: random.pick([3, 10, 30, 1000]), trailingEntries: random.pick([0, 2, 10]) },
    apply: { entriesMax: random.pick([1, 4, 64]), lagMs: random.pick([0, 0, 1, workMs * 3, electionTimeoutMs * 0.1]) },
    operatorMs: electionTimeoutMs * random.pick([0.05, 0.3, 1]),
    clients: {
      count: clients,
      keys: random.whole(1, 4),
      thinkMs: electionTimeoutMs * random.pick([0.01, 0.05, 0.1, 0.3, 1, 4]) * clients,
      timeoutMs: electionTimeoutMs * random.between(1.5, 4),
      reads: random.pick([0.2, 0.5, 0.8]),
      cas: random.next() * 0.5,
      restore: maybe(0.2, 0.05),
      sticky: random.next(),
      lossChance: maybe(0.3, 0.05),
    },
  };
}

function drawLimits(random: Random): Limits {
  const isTight = random.chance(0.4);
  return {
    appendEntriesMax: isTight ? random.pick([1, 1, 2, 4]) : 64,
    appendBytesMax: isTight ? random.whole(10, 100) : 64 * MTU_BYTES,
    inflightAppendsMax: isTight ? random.whole(1, 3) : 64,
    inflightBytesMax: isTight ? random.whole(20, 300) : 1024 * MTU_BYTES,
    uncommittedEntriesMax: isTight ? random.whole(2, 10) : 1024,
    uncommittedBytesMax: isTight ? random.whole(50, 500) : 1024 * MTU_BYTES,
    cacheBytesMax: random.pick([0, 50, 300, 1024 * MTU_BYTES]),
    snapshotChunkBytes: random.pick([16, 64, 4096]),
    readsMax: random.pick([2, 16, 4096]),
  };
}
