import { poll, startAgents } from "./agents.ts";
import { same } from "./compare.ts";
import { newRunner, type Runner, runExchange } from "./exchange.ts";
import { clientName, withoutCallPrefix } from "./through-client.ts";
import type { Answer, Area, Exchange } from "./types.ts";

const STARTS_MAX = 3;
const FAILURES_IN_A_ROW_MAX = 5;
/** A client's DNS answers from what its servers told it last, so it comes some milliseconds behind a write. */
const CLIENT_DNS_MS_MAX = 3_000;

/** What is asked, and by which command line. */
export interface Setup {
  /** Binary of the agents. */
  readonly agent: string;
  readonly cli: string;
  /** A client agent of a server is asked, instead of a server. */
  readonly throughClient: boolean;
  /** What was recorded, if that is what answers are compared with. */
  readonly recorded?: (id: string) => Answer | undefined;
}

export interface AreaRun {
  readonly answers: ReadonlyMap<string, Answer>;
  /** Exchanges that waited in vain for what their `until` names. */
  readonly unsettled: readonly string[];
}

/**
 * Runs an area against fresh agents, see `startAgents`. Every exchange gets an answer; after several in a row without
 * one the rest is not asked, because the agent is gone.
 */
export async function runArea(setup: Setup, area: Area, untilMsMax: number): Promise<AreaRun> {
  const agents = await startWithRetry(setup, area);
  const answers = new Map<string, Answer>();
  const runner = newRunner(agents, setup.cli, untilMsMax);
  let failures = 0;
  try {
    for (const exchange of area.exchanges) {
      const gone = failures >= FAILURES_IN_A_ROW_MAX;
      const answer: Answer = gone ? { kind: "none", failure: "agent gone" } : await asked(runner, exchange, setup);
      failures = answer.kind === "none" ? failures + 1 : 0;
      answers.set(exchange.id, setup.throughClient ? withoutCallPrefix(answer) : answer);
    }
  } finally {
    await agents.stop();
  }
  return { answers, unsettled: runner.unsettled };
}

async function asked(runner: Runner, exchange: Exchange, { throughClient, recorded }: Setup): Promise<Answer> {
  let answer = await runExchange(runner, exchange);
  const wanted = recorded?.(exchange.id);
  if (!throughClient || exchange.request.kind !== "dns" || wanted === undefined) return answer;
  await poll(CLIENT_DNS_MS_MAX, async () => {
    if (!same(wanted, answer)) answer = await runExchange(runner, exchange);
    return same(wanted, answer);
  });
  return answer;
}

/** A port can be taken between choosing it and listening on it. */
async function startWithRetry({ agent, throughClient }: Setup, area: Area) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startAgents(agent, area.config, throughClient ? clientName(area) : undefined);
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
