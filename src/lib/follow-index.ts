/** An answer to a read that waits, read whole. */
export interface IndexedAnswer {
  readonly status: number;
  /** `X-Consul-Index`, 0 without. */
  readonly index: number;
  readonly body: string;
}

export interface IndexFollower {
  /** Answers at once for index 0, else when there is anything newer than `index`, or after some minutes. */
  read(index: number): Promise<IndexedAnswer>;
  /** Is told how many times reading and taking had failed before, since they last did not. A failure of its own counts, too. */
  take(answer: IndexedAnswer, failuresBefore: number): void | Promise<void>;
  onFailure(failures: number, error: unknown): void;
  /** How long to wait after so many failures in a row. */
  retryMs(failures: number): number;
  /** Between two reads, whatever changes. */
  readonly roundPauseMs: number;
  pause(delayMs: number): Promise<unknown>;
}

/** Reads and takes what is newer by and by, until `signal` is aborted; after a failure from the start again. */
export async function followIndex(follower: IndexFollower, signal: AbortSignal): Promise<void> {
  let index = 0;
  let failures = 0;
  while (!signal.aborted) {
    try {
      const answer = await follower.read(index);
      if (signal.aborted) return;
      await follower.take(answer, failures);
      failures = 0;
      // An index that goes back is of another state: what follows is not to be waited for from the old one.
      index = answer.index < index ? 0 : Math.max(1, answer.index);
      await follower.pause(follower.roundPauseMs);
    } catch (error) {
      if (signal.aborted) return;
      index = 0;
      failures++;
      follower.onFailure(failures, error);
      await follower.pause(follower.retryMs(failures));
    }
  }
}

/** `min`, doubled for each further failure up to `max`. */
export function doubled(failures: number, minMs: number, maxMs: number): number {
  return Math.min(maxMs, minMs * 2 ** (failures - 1));
}
