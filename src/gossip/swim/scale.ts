import type { Timing } from "../timing.ts";

// How times and counts grow with the pool, as memberlist has them (util.go, suspicion.go).

/** Up to so many members states are exchanged at the plain interval. */
const PUSH_PULL_SCALE_THRESHOLD = 32;
/** Digits of the logarithm that count. */
const LOG_PARTS = 1000;
/** The time of so many accusations is what the multiplier counts in probe intervals; the first and the own are no confirmations. */
const UNCONFIRMED = 2;

export interface SuspicionBounds {
  /** Confirmations that bring the time down to `minMs`; 0: none can be expected, and the time is `minMs`. */
  readonly wanted: number;
  readonly minMs: number;
  readonly maxMs: number;
}

/** Bounds of the time until a suspect counts as dead. `size` counts all that are known, dead ones too. */
export function suspicionBounds(timing: Timing, size: number): SuspicionBounds {
  const scale = Math.floor(Math.max(1, Math.log10(Math.max(1, size))) * LOG_PARTS) / LOG_PARTS;
  const minMs = timing.suspicionMult * scale * timing.probeIntervalMs;
  const wanted = timing.suspicionMult - UNCONFIRMED;
  return {
    wanted: size - UNCONFIRMED < wanted ? 0 : Math.max(0, wanted),
    minMs,
    maxMs: minMs * timing.suspicionMaxTimeoutMult,
  };
}

/** Time from the first accusation until the suspect counts as dead, after so many confirmations (Lifeguard). */
export function suspicionTimeoutMs({ wanted, minMs, maxMs }: SuspicionBounds, confirmations: number): number {
  if (wanted < 1) return minMs;
  const part = Math.log(confirmations + 1) / Math.log(wanted + 1);
  return Math.max(minMs, Math.floor(maxMs - part * (maxMs - minMs)));
}

/** How often a message for everybody is sent. */
export function transmitLimit(retransmitMult: number, size: number): number {
  return retransmitMult * Math.ceil(Math.log10(size + 1));
}

/** Time between two exchanges of states. */
export function pushPullIntervalMs(timing: Timing, size: number): number {
  if (size <= PUSH_PULL_SCALE_THRESHOLD) return timing.pushPullIntervalMs;
  return timing.pushPullIntervalMs * (Math.ceil(Math.log2(size) - Math.log2(PUSH_PULL_SCALE_THRESHOLD)) + 1);
}
