/** The part of a clock that a pause needs. */
export interface Timers {
  after(delayMs: number, call: () => void): { cancel(): void };
}

/** Resolves after a time, or as soon as `signal` is aborted; gives whether the whole time passed. */
export function pause(clock: Timers, delayMs: number, signal?: AbortSignal): Promise<boolean> {
  if (signal?.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const stop = () => {
      timer.cancel();
      resolve(false);
    };
    const timer = clock.after(delayMs, () => {
      signal?.removeEventListener("abort", stop);
      resolve(true);
    });
    signal?.addEventListener("abort", stop, { once: true });
  });
}
