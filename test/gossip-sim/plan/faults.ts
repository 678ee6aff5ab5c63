import type { Random } from "../../sim/random.ts";

/** What happens to the pool; each has its end, so that a plan can be read. */
export type Fault =
  /** A process dies, and one starts there again after a while, or never. `moves`: with another address. */
  | { kind: "crash"; atMs: number; node: number; backMs: number | undefined; moves: boolean }
  | { kind: "leave"; atMs: number; node: number; backMs: number | undefined }
  /** The process stands still. */
  | { kind: "pause"; atMs: number; node: number; forMs: number }
  /** Its messages wait, both ways, while its timers run. */
  | { kind: "slow"; atMs: number; node: number; forMs: number }
  /** Packets of one direction are lost. */
  | { kind: "oneWay"; atMs: number; from: number; to: number; forMs: number }
  /** These reach only each other. */
  | { kind: "split"; atMs: number; nodes: number[]; forMs: number }
  | { kind: "loss"; atMs: number; chance: number; forMs: number }
  | { kind: "start"; atMs: number }
  | { kind: "tags"; atMs: number; node: number }
  | { kind: "event"; atMs: number; node: number };

type Kind = Fault["kind"];
const KINDS: readonly Kind[] = [
  "crash",
  "crash",
  "leave",
  "pause",
  "slow",
  "slow",
  "oneWay",
  "split",
  "loss",
  "start",
  "tags",
  "event",
];
/** Between the word that a member goes and the end of its process. */
export const LEAVING_MS = 3000;
const LOSSES = [0.02, 0.1, 0.3, 0.6];

export function drawFaults(random: Random, size: number, unsafeMs: number): Fault[] {
  const kinds = KINDS.filter(() => random.chance(0.5));
  if (kinds.length === 0) return [];
  const count = random.whole(1, 4 + Math.floor(size / 3));
  const faults = Array.from({ length: count }, () => drawFault(random, random.pick(kinds), size, unsafeMs));
  return faults.sort((a, b) => a.atMs - b.atMs);
}

function drawFault(random: Random, kind: Kind, size: number, unsafeMs: number): Fault {
  const atMs = random.between(0, unsafeMs * 0.8);
  const node = random.whole(0, size - 1);
  const forMs = Math.min(random.pick([300, 2000, 12_000, 30_000, 90_000]) * random.between(0.5, 1.5), unsafeMs - atMs);
  const backMs = random.chance(0.7) ? forMs : undefined;
  switch (kind) {
    case "crash":
      return { kind, atMs, node, backMs, moves: random.chance(0.3) };
    case "leave":
      // It is still there for some seconds.
      return { kind, atMs, node, backMs: forMs > LEAVING_MS ? backMs && backMs - LEAVING_MS : undefined };
    case "pause":
    case "slow":
      return { kind, atMs, node, forMs };
    case "oneWay":
      return { kind, atMs, from: node, to: (node + random.whole(1, size - 1)) % size, forMs };
    case "split":
      return { kind, atMs, nodes: Array.from({ length: size }, (_, at) => at).filter(() => random.chance(0.4)), forMs };
    case "loss":
      return { kind, atMs, chance: random.pick(LOSSES), forMs };
    case "start":
      return { kind, atMs };
    case "tags":
    case "event":
      return { kind, atMs, node };
  }
}
