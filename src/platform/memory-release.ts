import type { Clock, Timer } from "../ports/clock.ts";

/** What the runtime does with memory and processor. */
export interface RuntimeMemory {
  /** Processor time of all threads since the start. */
  cpuMs(): number;
  heapBytes(): number;
  /** Collects garbage and forgets compiled code; what runs again is compiled again. Takes some 1 ms for each MB of heap. */
  release(): void;
}

const CHECK_MS = 1_000;
/** As long as there is nothing to release: an idle process should not wake for it. */
const IDLE_CHECK_MS = 10_000;
/** In one check: a server with some health checks and a DNS query now and then stays below. */
const QUIET_CPU_MS = 50;
/** Since the last release: less work leaves nothing worth it. */
const WORKED_CPU_MS_MIN = 1_000;
/** Bursts of load shall find their code compiled. */
const APART_MS_MIN = 30_000;
/** A larger heap would hold the main thread for too long; the collector's own steps are short. */
const HEAP_BYTES_MAX = 32 * 1024 * 1024;

const RUNTIME: RuntimeMemory = {
  cpuMs() {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  },
  heapBytes: () => process.memoryUsage().heapUsed,
  release: () => Bun.shrink(),
};

/**
 * Gives memory back to the system once the start is over, and whenever much work is: a collector that nobody allocates
 * from does nothing, and compiled code stays for ever. Runs until the returned function is called.
 */
export function releaseMemoryWhenQuiet(clock: Clock, memory: RuntimeMemory = RUNTIME): () => void {
  let timer: Timer;
  let seenMs = memory.cpuMs();
  // The start is always worth it, and no burst.
  let workedMs = WORKED_CPU_MS_MIN;
  let dueMs = Number.NEGATIVE_INFINITY;
  let apartMs = 0;
  const isDue = () => workedMs >= WORKED_CPU_MS_MIN && clock.monotonicMs() >= dueMs;
  const check = () => {
    const cpuMs = memory.cpuMs();
    const isQuiet = cpuMs - seenMs < QUIET_CPU_MS;
    workedMs += cpuMs - seenMs;
    seenMs = cpuMs;
    if (isQuiet && isDue() && memory.heapBytes() <= HEAP_BYTES_MAX) {
      memory.release();
      workedMs = 0;
      dueMs = clock.monotonicMs() + apartMs;
      apartMs = APART_MS_MIN;
    }
    timer = clock.after(isDue() ? CHECK_MS : IDLE_CHECK_MS, check);
  };
  timer = clock.after(CHECK_MS, check);
  return () => timer.cancel();
}
