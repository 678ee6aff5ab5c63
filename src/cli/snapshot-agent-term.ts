import { formatDurationNs, NS_PER_MS } from "../lib/duration.ts";
import { pause } from "../lib/pause.ts";
import { errorText } from "./context.ts";
import { KeptSession } from "./kept-session.ts";
import { Mutex } from "./mutex.ts";
import type { Presence } from "./snapshot-agent-presence.ts";
import { type Taking, takeSnapshot } from "./snapshot-agent-take.ts";

/** Pause after a failed snapshot, unless the interval is shorter. */
const RETRY_MS = 60_000;
/** Pause before contending again: others that wait for the lock come first. */
const CONTEND_MS = 15_000;
/** How often the monitor asks a failing server, a second apart, before the lock counts as lost. */
const MONITOR_RETRIES = 3;

export interface TermOptions extends Taking {
  readonly intervalMs: number;
  readonly maxFailures: number;
  readonly lockKey: string;
  /** Undefined when none is to be shown. */
  readonly presence: Presence | undefined;
}

/** Contends for the lock again and again, and takes snapshots while it is held, until `stop` is aborted. */
export async function takeTurns(options: TermOptions, stop: AbortSignal): Promise<void> {
  const { world, log } = options;
  while (!stop.aborted) {
    try {
      await oneTerm(options, stop);
    } catch (error) {
      if (!stop.aborted) log.error(`Can't contend for the lock ${options.lockKey}: ${errorText(error)}; trying again`);
    }
    await pause(world.clock, CONTEND_MS, stop);
  }
}

async function oneTerm(options: TermOptions, stop: AbortSignal): Promise<void> {
  const { world, log, lockKey } = options;
  log.info("Waiting to obtain leadership...");
  const session = await KeptSession.start(world, { Name: "Consul Snapshot Agent" });
  try {
    const mutex = new Mutex(world, lockKey, { session: session.id, timeoutMs: 0, monitorRetries: MONITOR_RETRIES });
    if (!(await mutex.acquire(stop))) return;
    log.info("Obtained leadership");
    await lead(options, mutex, stop);
    await mutex.release();
  } finally {
    await endSession(session, (why) => log.warn(`The session ${session.id} ends by itself: ${why}`));
  }
}

/** Until the lock is lost, `stop` is aborted or too many snapshots in a row have failed. */
async function lead(options: TermOptions, mutex: Mutex, stop: AbortSignal): Promise<void> {
  const { log, presence, maxFailures } = options;
  const done = new AbortController();
  const lost = new AbortController();
  void mutex.untilLost(done.signal).then(() => lost.abort());
  const end = AbortSignal.any([stop, lost.signal]);
  const failures = await saveRegularly(options, end);
  done.abort();
  if (failures >= maxFailures)
    log.error(`Giving up leadership after ${failures} failures in a row; another agent may try`);
  else if (!stop.aborted) log.warn("Lost leadership");
  await presence?.tell(undefined);
}

/** Gives how many failures in a row there were at the end. */
async function saveRegularly(options: TermOptions, end: AbortSignal): Promise<number> {
  const { world, log, presence, intervalMs, maxFailures } = options;
  await presence?.tell({ status: "warning", output: "No snapshot yet" });
  let failures = 0;
  while (!end.aborted) {
    const startedMs = world.clock.monotonicMs();
    try {
      const id = await takeSnapshot(options, end);
      failures = 0;
      await presence?.tell({ status: "passing", output: `Saved snapshot ${id}` });
    } catch (error) {
      if (end.aborted) break;
      failures++;
      log.error(`Failed to save a snapshot (${failures} of ${maxFailures}): ${errorText(error)}`);
      await presence?.tell({ status: "critical", output: errorText(error) });
      if (failures >= maxFailures) break;
    }
    const tookMs = world.clock.monotonicMs() - startedMs;
    const pauseMs = failures === 0 ? Math.max(0, intervalMs - tookMs) : Math.min(intervalMs, RETRY_MS);
    log.debug(`The next snapshot is due in ${formatDurationNs(Math.round(pauseMs) * NS_PER_MS)}`);
    await pause(world.clock, pauseMs, end);
  }
  return failures;
}

async function endSession(session: KeptSession, tell: (why: string) => void): Promise<void> {
  try {
    await session.end();
  } catch (error) {
    tell(errorText(error));
  }
}
