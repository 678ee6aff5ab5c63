import type { Message } from "../../../src/raft/core/messages.ts";
import { Random } from "../random.ts";
import type { Swarm } from "./swarm.ts";

/** Whom a fault meets: a host by its number, or whoever leads at that time. */
export type Target = number | "leader";

/** One thing that goes wrong, or that an operator does, at a time of the world. Each can be left out of a plan by itself. */
export type Fault = { atMs: number } & (
  | {
      kind: "crash";
      target: Target;
      /** How many more effects its core's steps have carried out by then: also in the middle of a step. */
      afterEffects: number;
      downMs: number;
      /** The whole host: what only the kernel knew is gone too. */
      isPowerCut: boolean;
    }
  | { kind: "crashAll"; downMs: number; isPowerCut: boolean }
  /** The log turns out to be damaged at the next start. */
  | { kind: "damage"; target: Target; downMs: number }
  | { kind: "pause"; target: Target; forMs: number }
  /** Its clock does not count the time, as when a laptop sleeps or a virtual machine is moved. */
  | { kind: "suspend"; target: Target; forMs: number }
  /**
   * The leader stops, after a round of heartbeats or a look at its lease, and soon nothing but clients reaches it: it wakes
   * up knowing only what was true before.
   */
  | { kind: "freeze"; after: "beat" | "look"; isSuspended: boolean; forMs: number; cutAfterMs: number }
  | { kind: "slowDisk"; target: Target; forMs: number; syncMs: number }
  | { kind: "syncError"; target: Target; downMs: number }
  | { kind: "diskFull"; target: Target; forMs: number }
  /** Messages of a link wait and arrive together. */
  | { kind: "clog"; from: Target; to: number; forMs: number }
  | { kind: "partition"; cut: Cut; forMs: number }
  | { kind: "isolate"; target: Target; direction: "both" | "in" | "out"; forMs: number }
  /** Whoever leads is cut off, with some others, and gets writes; then the next one, while the first is back. */
  | { kind: "seesaw"; rounds: number; roundMs: number; companions: readonly number[]; writes: number }
  /** Each time that somebody is elected, it is cut off soon after. */
  | { kind: "topple"; rounds: number; afterMsMax: number; forMs: number; writes: number }
  /** The leader is away about as long as others need to miss it, from one of them longer, and what is said of votes is late. */
  | { kind: "blink"; forMs: number; but: number; late: readonly Message["type"][]; byMsMax: number }
  /** A server joins. Whoever gives it a vote tells nobody of it, and who leads next tells that server alone and is lost. */
  | { kind: "orphan"; forMs: number; lostAfterMs: number }
  /** The leader's disk is full, and all others are to leave. */
  | { kind: "corner"; forMs: number }
  /** The next servers that install a snapshot are killed at that. */
  | { kind: "interrupt"; times: number; afterMsMax: number; downMs: number; isPowerCut: boolean }
  /** Answers to a server's reads are late, and it restarts before they come and reads again. */
  | { kind: "echo"; target: number; downMs: number; byMsMax: number }
  /** Messages of one kind or two take up to so much longer. */
  | { kind: "late"; messages: readonly Message["type"][]; byMsMax: number; forMs: number }
  /** The leader loses one follower first, and later the others, which restart at that moment. */
  | { kind: "estrange"; first: number; laterMs: number; downMs: number; forMs: number }
  /** Only the link between two. */
  | { kind: "unlink"; from: Target; to: number; isOneWay: boolean; forMs: number }
  /** All but the leader restart, one after the other and quickly. */
  | { kind: "bounce"; downMs: number; everyMs: number; isPowerCut: boolean }
  | { kind: "transfer"; to: number | "any" }
  | { kind: "grow" }
  | { kind: "shrink"; target: Target }
  | { kind: "demote"; target: Target }
  | { kind: "move"; target: Target }
);

/** Host numbers by side, and whether the cut is only in the direction from the first to the second. */
export interface Cut {
  side: readonly number[];
  isOneWay: boolean;
}

export type Kind = Fault["kind"];

const MESSAGES = [
  "preVoteRequest",
  "preVoteReply",
  "voteRequest",
  "voteReply",
  "append",
  "appendReply",
  "heartbeat",
  "heartbeatReply",
  "snapshotChunk",
  "snapshotReply",
  "timeoutNow",
  "readIndexRequest",
  "readIndexReply",
] as const satisfies readonly Message["type"][];

/** How often each kind happens in a run that has it, on the average. */
const COUNTS: Readonly<Record<Kind, number>> = {
  crash: 6,
  crashAll: 1,
  damage: 1,
  pause: 3,
  suspend: 1,
  freeze: 2,
  slowDisk: 2,
  syncError: 1,
  diskFull: 2,
  clog: 4,
  partition: 3,
  isolate: 4,
  seesaw: 1.5,
  topple: 1,
  late: 2,
  echo: 1.5,
  blink: 1.5,
  interrupt: 1,
  estrange: 1,
  unlink: 4,
  bounce: 1.5,
  transfer: 3,
  grow: 2,
  shrink: 2,
  demote: 1,
  move: 1,
  orphan: 1,
  corner: 0.7,
};
const KINDS = Object.keys(COUNTS) as Kind[];

/** Part of the runs that have one kind of fault only, and so many times more of it. */
const SINGLE_CHANCE = 0.2;
const SINGLE_TIMES = 6;

/** Of the kinds that a run is about: how many are in it, and how much of each. Few others are. */
const THEME_PART = 0.6;
const THEME_TIMES = 2;
const BESIDE_THEME_PART = 0.1;

/** All that goes wrong in a run, earliest first. About half of the kinds are left out of any one run. */
export function drawFaults(seed: number, swarm: Swarm, theme: readonly Kind[] | undefined): Fault[] {
  const random = new Random(seed, "faults");
  const shares = theme === undefined ? drawShares(random) : drawThemedShares(random, theme);
  const faults: Fault[] = [];
  for (const kind of KINDS) {
    const { part, times } = shares(kind);
    const isIn = random.chance(part);
    const count = Math.round(random.around(COUNTS[kind] * times));
    for (let n = 0; n < count && isIn; n++) faults.push(drawFault(kind, random, swarm));
  }
  return faults.sort((a, b) => a.atMs - b.atMs);
}

/** How likely a kind is in a run, and how many times more often than usual it happens then. */
type Shares = (kind: Kind) => { part: number; times: number };

function drawShares(random: Random): Shares {
  const part = random.pick([0.2, 0.5, 0.8]);
  const times = random.pick([0.5, 1, 2]);
  const only = random.chance(SINGLE_CHANCE) ? random.pick(KINDS) : undefined;
  if (only === undefined) return () => ({ part, times });
  return (kind) => ({ part: kind === only ? 1 : 0, times: SINGLE_TIMES });
}

function drawThemedShares(random: Random, theme: readonly Kind[]): Shares {
  const times = random.pick([0.5, 1, THEME_TIMES]);
  return (kind) => (theme.includes(kind) ? { part: THEME_PART, times } : { part: BESIDE_THEME_PART, times: 1 });
}

function drawFault(kind: Kind, random: Random, swarm: Swarm): Fault {
  const { electionTimeoutMs } = swarm.timing;
  const hosts = swarm.servers + swarm.spares;
  const atMs = random.next() * swarm.unsafeMs;
  const target = (): Target => (random.chance(0.5) ? "leader" : random.whole(0, hosts - 1));
  const someMs = (most: number) => electionTimeoutMs * random.pick([0.05, 0.3, 1, most]) * (0.5 + random.next());
  switch (kind) {
    case "crash":
      return {
        atMs,
        kind,
        target: target(),
        afterEffects: random.chance(0.3) ? 0 : random.whole(1, 25),
        downMs: someMs(4),
        isPowerCut: random.chance(0.5),
      };
    case "crashAll":
      return { atMs, kind, downMs: someMs(2), isPowerCut: random.chance(0.7) };
    case "damage":
    case "syncError":
      return { atMs, kind, target: target(), downMs: someMs(2) };
    case "pause":
    case "suspend":
      return { atMs, kind, target: target(), forMs: someMs(4) };
    case "freeze":
      return {
        atMs,
        kind,
        after: random.pick(["beat", "look"]),
        isSuspended: random.chance(0.3),
        forMs: electionTimeoutMs * random.between(1, 4),
        cutAfterMs: swarm.network.delayMs * random.pick([0, 2, 5]),
      };
    case "slowDisk":
      return { atMs, kind, target: target(), forMs: someMs(6), syncMs: someMs(2) };
    case "diskFull":
      return { atMs, kind, target: target(), forMs: someMs(6) };
    case "clog":
      return { atMs, kind, from: target(), to: random.whole(0, hosts - 1), forMs: someMs(4) };
    case "partition":
      return { atMs, kind, cut: drawCut(random, hosts), forMs: someMs(8) };
    case "isolate":
      return { atMs, kind, target: target(), direction: random.pick(["both", "in", "out"]), forMs: someMs(8) };
    case "seesaw":
      return {
        atMs,
        kind,
        rounds: random.whole(2, 8),
        roundMs: electionTimeoutMs * random.between(0.8, 4),
        companions: random.chance(0.5) ? [] : [random.whole(0, hosts - 1)],
        writes: random.whole(0, 5),
      };
    case "topple":
      return {
        atMs,
        kind,
        rounds: random.whole(2, 12),
        afterMsMax: swarm.network.delayMs * random.pick([1, 6, 6, 20]),
        writes: random.whole(0, 2),
        forMs: electionTimeoutMs * random.between(0.5, 2.5),
      };
    case "blink":
      return {
        atMs,
        kind,
        forMs: electionTimeoutMs * random.between(0.9, 1.3),
        but: random.whole(0, hosts - 1),
        late: random.pick([["voteRequest"], ["voteRequest", "preVoteReply"]]),
        byMsMax: electionTimeoutMs * random.pick([0, 0.3, 1]),
      };
    case "orphan":
      return {
        atMs,
        kind,
        forMs: electionTimeoutMs * random.between(1.5, 6),
        lostAfterMs: swarm.network.delayMs * random.pick([2, 5, 20]),
      };
    case "corner":
      return { atMs, kind, forMs: someMs(6) };
    case "interrupt":
      return {
        atMs,
        kind,
        times: random.whole(1, 4),
        afterMsMax: swarm.disk.syncMs * random.pick([1, 4]),
        downMs: someMs(2),
        isPowerCut: random.chance(0.5),
      };
    case "echo":
      return {
        atMs,
        kind,
        target: random.whole(0, hosts - 1),
        downMs: electionTimeoutMs * random.pick([0.01, 0.1]),
        byMsMax: electionTimeoutMs * random.between(0.3, 1.5),
      };
    case "late":
      return {
        atMs,
        kind,
        messages: random.chance(0.5) ? [random.pick(MESSAGES)] : ["voteRequest", random.pick(MESSAGES)],
        byMsMax: someMs(2),
        forMs: someMs(10),
      };
    case "estrange":
      return {
        atMs,
        kind,
        first: random.whole(0, hosts - 1),
        laterMs: electionTimeoutMs * random.between(0.9, 2.5),
        downMs: electionTimeoutMs * random.pick([0.01, 0.1]),
        forMs: electionTimeoutMs * random.between(0.5, 3),
      };
    case "unlink":
      return {
        atMs,
        kind,
        from: target(),
        to: random.whole(0, hosts - 1),
        isOneWay: random.chance(0.3),
        forMs: someMs(10),
      };
    case "bounce":
      return {
        atMs,
        kind,
        downMs: electionTimeoutMs * random.pick([0.01, 0.05, 0.3]),
        everyMs: electionTimeoutMs * random.pick([0, 0.1, 0.5]),
        isPowerCut: random.chance(0.5),
      };
    case "transfer":
      return { atMs, kind, to: random.chance(0.5) ? "any" : random.whole(0, hosts - 1) };
    case "grow":
      return { atMs, kind };
    case "shrink":
    case "demote":
    case "move":
      return { atMs, kind, target: target() };
  }
}

function drawCut(random: Random, hosts: number): Cut {
  const all = Array.from({ length: hosts }, (_, host) => host);
  const isSizeUniform = random.chance(0.5);
  const size = random.whole(1, Math.max(1, hosts - 1));
  const side = isSizeUniform
    ? all
        .map((host) => ({ host, key: random.next() }))
        .sort((a, b) => a.key - b.key)
        .slice(0, size)
        .map(({ host }) => host)
    : all.filter(() => random.chance(0.5));
  return { side, isOneWay: random.chance(0.4) };
}
