import { pushPullIntervalMs } from "../../../src/gossip/swim/scale.ts";
import { World } from "../world/world.ts";

export interface Traffic {
  /** Of one member, sent; with the headers of UDP and IPv4. */
  readonly packetsPerSecond: number;
  readonly bytesPerSecond: number;
  /** Of one exchange of states, both ways. */
  readonly exchangeBytes: number;
  /** What exchanges cost one member in the mean, sent. */
  readonly exchangeBytesPerSecond: number;
}

export interface TrafficOptions {
  readonly size: number;
  readonly forMs: number;
  /** Of the whole pool: members that change their tags. */
  readonly changesPerSecond: number;
  readonly seed: number;
}

/** What an agent of a registry says about itself. */
export const META_BYTES = 200;
const WARM_UP_MS = 10_000;

export function traffic({ size, forMs, changesPerSecond, seed }: TrafficOptions): Traffic {
  const world = new World({ seed, metaBytes: META_BYTES }, size);
  world.found(size);
  world.run(WARM_UP_MS);
  const before = { ...world.network.sums };
  const endMs = world.nowMs + forMs;
  let changes = 0;
  while (world.nowMs < endMs) {
    for (let change = 0; change < changesPerSecond; change++) {
      const meta = new Uint8Array(META_BYTES);
      new DataView(meta.buffer).setUint32(0, ++changes);
      world.nodes[Math.floor(world.random.float() * size)]?.swim.setMeta(meta);
    }
    world.run(1000);
  }
  const { packets, bytes } = world.network.sums;
  const perSecond = (sum: number) => (sum / size / forMs) * 1000;
  const exchangeBytes = bytesOfExchange(world);
  return {
    packetsPerSecond: perSecond(packets - before.packets),
    bytesPerSecond: perSecond(bytes - before.bytes),
    exchangeBytes,
    exchangeBytesPerSecond: (exchangeBytes / pushPullIntervalMs(world.timing, size)) * 1000,
  };
}

/** Each member begins one in an interval, and sends half of the bytes; and answers one. */
function bytesOfExchange({ nodes, network }: World): number {
  const [first] = nodes;
  if (first === undefined) throw new Error("an empty pool");
  const { bytes } = network.wire.states({
    isJoin: false,
    nodes: [...first.swim.members()],
    userState: new Uint8Array(0),
  });
  return 2 * bytes;
}
