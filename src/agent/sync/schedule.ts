/** When the agent compares with the catalog. Pure; times in milliseconds. */

export const FULL_SYNC_INTERVAL_MS = 60_000;
export const FULL_SYNC_RETRY_MS = 15_000;
const SERVER_UP_STAGGER_MS = 3_000;
export const PUSH_RETRY_MIN_MS = 1_000;
export const PUSH_RETRY_MAX_MS = 15_000;
/** Up to this many nodes the interval isn't stretched; every doubling adds one interval. */
const NODES_UNSCALED_MAX = 128;

/** How much longer a big cluster waits, so that the servers' load stays about the same. */
export function scaleFactor(nodes: number): number {
  if (nodes <= NODES_UNSCALED_MAX) return 1;
  return Math.ceil(Math.log2(nodes) - Math.log2(NODES_UNSCALED_MAX)) + 1;
}

/** Delay to the next full comparison: one to two scaled intervals, so that agents started together drift apart. */
export function fullSyncDelayMs(intervalMs: number, nodes: number, random: number): number {
  const scaled = intervalMs * scaleFactor(nodes);
  return scaled + random * scaled;
}

/** Delay after a failed comparison: 15 to 30 s, longer in a big cluster. */
export function fullSyncRetryMs(nodes: number, random: number): number {
  return FULL_SYNC_RETRY_MS + random * FULL_SYNC_RETRY_MS * scaleFactor(nodes);
}

/** Delay to the comparison after servers came within reach: at most 3 s, longer in a big cluster. */
export function serverUpDelayMs(nodes: number, random: number): number {
  return random * SERVER_UP_STAGGER_MS * scaleFactor(nodes);
}

/** Delay before the changes are written again after `failures` failures in a row: doubles from 1 s, at most 15 s. */
export function pushRetryMs(failures: number, random: number): number {
  const base = Math.min(PUSH_RETRY_MAX_MS, PUSH_RETRY_MIN_MS * 2 ** (failures - 1));
  return base / 2 + (random * base) / 2;
}
