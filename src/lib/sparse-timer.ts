const RESOLUTION_MS = 1;

/** A call that is measured. */
export interface Measured {
  readonly startMs: number;
  /** How many calls it stands for, itself among them. */
  readonly times: number;
}

/**
 * Measures at most one call a millisecond and lets it stand for those that came since the last: where a call takes some
 * microseconds, measuring each would be felt, and curves need no more. At less than a call a millisecond all are
 * measured.
 */
export class SparseTimer {
  readonly #nowMs: () => number;
  readonly #record: (elapsedMs: number, times: number) => void;
  #lastMs = Number.NEGATIVE_INFINITY;
  #skipped = 0;

  /** `record` is told how long one call took, and how many it stands for. */
  constructor(nowMs: () => number, record: (elapsedMs: number, times: number) => void) {
    this.#nowMs = nowMs;
    this.#record = record;
  }

  /** Counts a call. Gives what `stop` wants when the call ends; undefined when this one is not measured. */
  start(): Measured | undefined {
    const startMs = this.#nowMs();
    if (startMs - this.#lastMs < RESOLUTION_MS) {
      this.#skipped++;
      return undefined;
    }
    const times = this.#skipped + 1;
    this.#skipped = 0;
    this.#lastMs = startMs;
    return { startMs, times };
  }

  stop({ startMs, times }: Measured): void {
    this.#record(this.#nowMs() - startMs, times);
  }
}
