import { parseDurationMs } from "../lib/duration.ts";
import { Refusal } from "../lib/refusal.ts";
import type { ReadQuery } from "./query-schema.ts";

export type Consistency = "default" | "consistent" | "stale";

export interface ReadOptions {
  consistency: Consistency;
  /** 0 does not wait. */
  minIndex: number;
  waitMs: number;
}

/** What the configuration says about all reads. */
export interface ReadDefaults {
  /** Reads that don't ask for a consistency need no leader (`discovery_max_stale`). */
  isStale?: boolean;
  defaultQueryTimeMs: number;
  maxQueryTimeMs: number;
}

/** Spreads the wake-ups of clients that all wait equally long (Consul: up to a sixteenth is added). */
const WAIT_JITTER_FRACTION = 1 / 16;

/** Checks what a read shares with all others; Refusals in Consul's words. `random` is uniform in [0, 1). */
export function readOptions(query: ReadQuery, limits: ReadDefaults, random: () => number): ReadOptions {
  if (query.stale && query.consistent) {
    throw new Refusal("Cannot specify ?stale with ?consistent, conflicting semantics.", 400);
  }
  if (query.cached && query.consistent) {
    throw new Refusal("Cannot specify ?cached with ?consistent, conflicting semantics.", 400);
  }
  const minIndex = parseIndex(query.index);
  const waitMs = parseWait(query.wait, limits);
  const stale = query.stale === true || parseMaxStale(query.max_stale);
  return {
    consistency: query.consistent ? "consistent" : stale || limits.isStale ? "stale" : "default",
    minIndex,
    waitMs: waitMs + waitMs * WAIT_JITTER_FRACTION * random(),
  };
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

function parseMaxStale(text: string | undefined): boolean {
  if (text === undefined || text === "") return false;
  try {
    parseDurationMs(text);
    return true;
  } catch {
    throw new Refusal(`Invalid max_stale value ${JSON.stringify(text)}`, 400);
  }
}
