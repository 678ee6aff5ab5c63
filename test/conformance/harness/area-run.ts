import { newRunner, runExchange } from "./exchange.ts";
import { startServer } from "./server.ts";
import type { Answer, Area } from "./types.ts";

const STARTS_MAX = 3;
const FAILURES_IN_A_ROW_MAX = 5;

export interface Binaries {
  readonly server: string;
  readonly cli: string;
}

export interface AreaRun {
  readonly answers: ReadonlyMap<string, Answer>;
  /** Exchanges that waited in vain for what their `until` names. */
  readonly unsettled: readonly string[];
}

/**
 * Runs an area against a fresh server. Every exchange gets an answer; after several in a row without one the rest is
 * not asked, because the server is gone.
 */
export async function runArea(binaries: Binaries, area: Area, untilMsMax: number): Promise<AreaRun> {
  const server = await startWithRetry(binaries.server, area);
  const answers = new Map<string, Answer>();
  const runner = newRunner(server, binaries.cli, untilMsMax);
  let failures = 0;
  try {
    for (const exchange of area.exchanges) {
      const gone = failures >= FAILURES_IN_A_ROW_MAX;
      const answer: Answer = gone ? { kind: "none", failure: "server gone" } : await runExchange(runner, exchange);
      failures = answer.kind === "none" ? failures + 1 : 0;
      answers.set(exchange.id, answer);
    }
  } finally {
    await server.stop();
  }
  return { answers, unsettled: runner.unsettled };
}

/** A port can be taken between choosing it and listening on it. */
async function startWithRetry(binary: string, area: Area) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startServer(binary, area.config);
    } catch (error) {
      const busy = error instanceof Error && /address already in use|EADDRINUSE/.test(error.message);
      if (!busy || attempt >= STARTS_MAX) throw error;
    }
  }
}

/** Runs `work` on every item, `limit` at a time, and gives the results in the order of the items. */
export async function inParallel<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = new Array(items.length);
  let next = 0;
  const lane = async () => {
    while (next < items.length) {
      const at = next++;
      results[at] = await work(items[at] as T);
    }
  };
  await Promise.all(Array.from({ length: limit }, lane));
  return results;
}
