import { decodeGoJson } from "../lib/go-json.ts";
import { pause } from "../lib/pause.ts";
import type { PrintedKVPair } from "../model/kv.ts";
import type { ApiContext } from "./context.ts";
import { HttpStatusError, type Query } from "./http.ts";
import { MONITOR_RETRY_MS } from "./latch.ts";

/** Pairs of an answer and the index to wait on. */
export interface KvAnswer {
  readonly pairs: readonly PrintedKVPair[];
  readonly index: string;
}

/** Reads pairs with their index; a missing key gives none. */
export async function readPairs(
  context: ApiContext,
  path: string,
  query: Query,
  signal?: AbortSignal,
): Promise<KvAnswer> {
  const response = await context.api.send("GET", path, { query, accept: [404], ...(signal ? { signal } : {}) });
  const text = await response.text();
  const index = response.headers.get("X-Consul-Index") ?? "";
  return { pairs: response.status === 404 ? [] : (decodeGoJson(text) as PrintedKVPair[]), index };
}

interface Monitor {
  readonly path: string;
  readonly query: Query;
  readonly retries: number;
  holds(pairs: readonly PrintedKVPair[]): boolean;
}

/**
 * Follows keys by consistent long polls until they no longer show that the latch is held. A failing server (status 500 or
 * above) is asked again `retries` times; any other failure means that nothing is known any more, which is "lost".
 */
export async function followUntilLost(context: ApiContext, monitor: Monitor, signal: AbortSignal): Promise<void> {
  let index: string | undefined;
  let retriesLeft = monitor.retries;
  while (!signal.aborted) {
    try {
      const answer = await readPairs(context, monitor.path, { ...monitor.query, consistent: "", index }, signal);
      if (!monitor.holds(answer.pairs)) return;
      index = answer.index;
      retriesLeft = monitor.retries;
    } catch (error) {
      if (signal.aborted || retriesLeft === 0 || !isServerFault(error)) return;
      retriesLeft--;
      await pause(context.clock, MONITOR_RETRY_MS, signal);
    }
  }
}

function isServerFault(error: unknown): boolean {
  return error instanceof HttpStatusError && error.status >= 500;
}
