/** Times and counts of one pool; all members have the same. Sources: memberlist's LAN, WAN and local profiles. */
export interface Timing {
  /** Of a whole exchange over a stream. */
  readonly streamTimeoutMs: number;
  readonly indirectChecks: number;
  readonly retransmitMult: number;
  readonly suspicionMult: number;
  readonly suspicionMaxTimeoutMult: number;
  readonly pushPullIntervalMs: number;
  readonly probeTimeoutMs: number;
  readonly probeIntervalMs: number;
  readonly gossipNodes: number;
  readonly gossipIntervalMs: number;
  readonly gossipToTheDeadMs: number;
  readonly awarenessMax: number;
  /** After this a dead member's name may come back with another address; 0 for never. */
  readonly deadNodeReclaimMs: number;
}

const LAN: Timing = {
  streamTimeoutMs: 10_000,
  indirectChecks: 3,
  retransmitMult: 4,
  suspicionMult: 4,
  suspicionMaxTimeoutMult: 6,
  pushPullIntervalMs: 30_000,
  probeTimeoutMs: 500,
  probeIntervalMs: 1000,
  gossipNodes: 3,
  gossipIntervalMs: 200,
  gossipToTheDeadMs: 30_000,
  awarenessMax: 8,
  deadNodeReclaimMs: 1,
};

const WAN: Timing = {
  ...LAN,
  streamTimeoutMs: 30_000,
  suspicionMult: 6,
  pushPullIntervalMs: 60_000,
  probeTimeoutMs: 3000,
  probeIntervalMs: 5000,
  gossipNodes: 4,
  gossipIntervalMs: 500,
  gossipToTheDeadMs: 60_000,
};

export const TIMINGS = { lan: LAN, wan: WAN } as const;
