import type { Clock, Timer } from "../../ports/clock.ts";
import type { Random } from "../../ports/random.ts";
import type { Check, Probe, Report } from "./check.ts";
import type { ConcurrencyLimit } from "./limit.ts";
import { initialStreak, judge, type Streak, type Thresholds } from "./thresholds.ts";

/** A shorter interval counts as this. */
export const CHECK_INTERVAL_MIN_MS = 1_000;

export interface PolledOptions {
  clock: Clock;
  random: Random;
  limit: ConcurrencyLimit;
  intervalMs: number;
  thresholds: Thresholds;
  probe: Probe;
  report: Report;
}

/**
 * Asks again and again: first at a random point of the interval, so that checks of one start spread, then one interval
 * after each answer, so that runs of a check never overlap.
 */
export class PolledCheck implements Check {
  readonly #options: PolledOptions;
  readonly #intervalMs: number;
  readonly #stopped = new AbortController();
  #timer: Timer | undefined;
  #streak: Streak;

  constructor(options: PolledOptions) {
    this.#options = options;
    this.#intervalMs = Math.max(options.intervalMs, CHECK_INTERVAL_MIN_MS);
    this.#streak = initialStreak(options.thresholds);
  }

  start(): void {
    this.#arm(this.#options.random.float() * this.#intervalMs);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#stopped.abort();
  }

  #arm(delayMs: number): void {
    this.#timer = this.#options.clock.after(delayMs, () => void this.#run());
  }

  async #run(): Promise<void> {
    const { limit, probe, report, thresholds } = this.#options;
    const { signal } = this.#stopped;
    try {
      const result = await limit.run(signal, () => probe(signal));
      if (signal.aborted) return;
      const judged = judge(thresholds, this.#streak, result);
      this.#streak = judged.streak;
      if (judged.status !== undefined) report({ status: judged.status, output: result.output });
    } catch (error) {
      // A stop while it waits in line, or a probe that breaks its promise to always answer.
      if (signal.aborted) return;
      report({ status: "critical", output: error instanceof Error ? error.message : String(error) });
    }
    this.#arm(this.#intervalMs);
  }
}
