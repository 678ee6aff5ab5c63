import { drainMicrotasks, heapStats } from "bun:jsc";
import { OWN_VERSIONS, type PushedNode, type PushPull } from "../../../src/gossip/messages.ts";
import { MemberRoster } from "../../../src/gossip/swim/roster.ts";
import { Swim } from "../../../src/gossip/swim/swim.ts";
import { TIMINGS } from "../../../src/gossip/timing.ts";
import { RecordingDelegate } from "../../support/gossip/recording-delegate.ts";
import { SeededRandom } from "../../support/gossip/seeded-random.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { silentLogger, silentMeter } from "../../support/silent.ts";
import { endpointOf, nameOf } from "../world/node.ts";
import { ByteWire } from "../world/wire.ts";
import { META_BYTES } from "./traffic.ts";

/** What one process pays for a pool of a size; real time and real memory of this machine. */
export interface MemberCosts {
  readonly heapBytesPerMember: number;
  /** Of the states of all, one way. */
  readonly stateBytes: number;
  readonly encodeMs: number;
  readonly decodeMs: number;
  /** Nothing in it is new. */
  readonly mergeMs: number;
  /** All are new: a join. */
  readonly firstMergeMs: number;
}

const REPEATS = 5;
const TRANSMITS_MAX = 40;

export function memberCosts(size: number): MemberCosts {
  const wire = new ByteWire();
  const nodes = Array.from({ length: size }, (_, index) => nodeAt(index + 1));
  const states = { isJoin: false, nodes, userState: new Uint8Array(0) };
  const bytes = wire.states(states);
  const before = heapBytes();
  const clock = new ManualClock();
  const swim = lone(clock);
  const merge = (remote: PushPull) => {
    swim.onPushPull(endpointOf(1), remote);
    // Many are merged in slices, one in each turn of the loop.
    while (clock.pendingMs.length > 0) {
      clock.advance(1);
      drainMicrotasks();
    }
  };
  const firstMergeMs = timed(() => merge(bytes.read()));
  // Each new one is told to all, in packets without end here.
  for (let sent = 0; sent < TRANSMITS_MAX; sent++) swim.send(endpointOf(1), new Uint8Array(0), false);
  const heapBytesPerMember = (heapBytes() - before) / size;
  if (swim.size !== size + 1) throw new Error(`only ${swim.size} members were taken in`);
  const read = bytes.read();
  return {
    heapBytesPerMember,
    stateBytes: bytes.bytes,
    encodeMs: best(() => wire.states(states)),
    decodeMs: best(() => bytes.read()),
    mergeMs: best(() => merge(read)),
    firstMergeMs,
  };
}

/** Not started: it probes nobody. */
function lone(clock: ManualClock): Swim {
  const random = new SeededRandom(1, "costs");
  return new Swim({
    name: nameOf(0),
    at: endpointOf(0),
    meta: new Uint8Array(META_BYTES),
    versions: OWN_VERSIONS,
    timing: TIMINGS.lan,
    clock,
    random,
    transport: {
      packetBudget: () => Number.MAX_SAFE_INTEGER,
      send: () => undefined,
      sendReliably: () => Promise.resolve(),
      pushPull: () => Promise.reject(new Error("nobody is there")),
      pingReliably: () => Promise.resolve(false),
    },
    delegate: new RecordingDelegate(),
    log: silentLogger,
    meter: silentMeter,
    roster: new MemberRoster(random),
  });
}

function nodeAt(index: number): PushedNode {
  const meta = new Uint8Array(META_BYTES).fill(index & 255);
  return { name: nameOf(index), at: endpointOf(index), meta, incarnation: 1, state: "alive", versions: OWN_VERSIONS };
}

function timed(action: () => void): number {
  const startNs = Bun.nanoseconds();
  action();
  return (Bun.nanoseconds() - startNs) / 1e6;
}

/** Of some times the best: the others were disturbed. */
function best(action: () => void): number {
  return Math.min(...Array.from({ length: REPEATS }, () => timed(action)));
}

function heapBytes(): number {
  Bun.gc(true);
  const { heapSize, extraMemorySize } = heapStats();
  return heapSize + extraMemorySize;
}
