import { parseDurationMs } from "../lib/duration.ts";
import { Refusal } from "../lib/refusal.ts";
import type { ReadQuery } from "./query-schema.ts";

export type Consistency = "default" | "consistent" | "stale";

export interface ReadOptions {
  consistency: Consistency;
  /** Of a stale read: the leader is asked when it was not heard for longer. */
  maxStaleMs?: number;
  /** 0 does not wait. */
  minIndex: number;
  waitMs: number;
}

/** What the configuration says about all reads. */
export interface ReadDefaults {
  /** Reads of catalog and health that say nothing about consistency are stale by up to this; 0 for none. */
  discoveryMaxStaleMs?: number;
  defaultQueryTimeMs: number;
  maxQueryTimeMs: number;
}

/** Of requests that never wait: of the options of reads only the consistency counts. */
export const NO_WAIT: ReadDefaults = { defaultQueryTimeMs: 0, maxQueryTimeMs: 0 };

/** Spreads the wake-ups of clients that all wait equally long (Consul: up to a sixteenth is added). */
const WAIT_JITTER_FRACTION = 1 / 16;

/**
 * Checks what a read shares with all others; Refusals in Consul's words. `random` is uniform in [0, 1); `isDiscovery` is
 * true of catalog and health.
 */
export function readOptions(
  query: Partial<ReadQuery>,
  limits: ReadDefaults,
  random: () => number,
  isDiscovery = false,
): ReadOptions {
  const maxStaleMs = parseMaxStale(query.max_stale);
  if ((query.stale || maxStaleMs > 0) && query.consistent) {
    throw new Refusal("Cannot specify ?stale with ?consistent, conflicting semantics.", 400);
  }
  if (query.cached && query.consistent) {
    throw new Refusal("Cannot specify ?cached with ?consistent, conflicting semantics.", 400);
  }
  const minIndex = parseIndex(query.index);
  const waitMs = parseWait(query.wait, limits);
  return {
    ...consistencyOf(query, maxStaleMs, isDiscovery ? (limits.discoveryMaxStaleMs ?? 0) : 0),
    minIndex,
    waitMs: waitMs + waitMs * WAIT_JITTER_FRACTION * random(),
  };
}

/** A `max_stale` of zero or less says nothing, any other asks for stale answers (observed, Consul 1.8.7). */
function consistencyOf(
  query: Partial<ReadQuery>,
  maxStaleMs: number,
  discoveryMaxStaleMs: number,
): Pick<ReadOptions, "consistency" | "maxStaleMs"> {
  if (query.consistent) return { consistency: "consistent" };
  if (maxStaleMs > 0) return { consistency: "stale", maxStaleMs };
  if (query.stale) return { consistency: "stale" };
  if (query.leader || query.cached || discoveryMaxStaleMs <= 0) return { consistency: "default" };
  return { consistency: "stale", maxStaleMs: discoveryMaxStaleMs };
}

const UINT64_DIGITS_MAX = 20;
const UINT64_MAX = 2n ** 64n - 1n;

function parseIndex(text: string | undefined): number {
  if (text === undefined || text === "") return 0;
  if (!/^\d{1,20}$/.test(text) || (text.length === UINT64_DIGITS_MAX && BigInt(text) > UINT64_MAX)) {
    throw new Refusal("Invalid index", 400);
  }
  return Number(text);
}

function parseWait(text: string | undefined, limits: ReadDefaults): number {
  let waitMs = 0;
  if (text !== undefined && text !== "") {
    try {
      waitMs = parseDurationMs(text);
    } catch {
      throw new Refusal("Invalid wait time", 400);
    }
  }
  return waitMs <= 0 ? limits.defaultQueryTimeMs : Math.min(waitMs, limits.maxQueryTimeMs);
}

function parseMaxStale(text: string | undefined): number {
  if (text === undefined || text === "") return 0;
  try {
    return parseDurationMs(text);
  } catch {
    throw new Refusal(`Invalid max_stale value ${JSON.stringify(text)}`, 400);
  }
}
