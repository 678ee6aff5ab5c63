import type { Clock } from "../ports/clock.ts";

/** Resolves after `ms`, or as soon as `signal` is aborted; gives whether the whole time passed. */
export function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const timer = clock.after(ms, () => {
      signal.removeEventListener("abort", stop);
      resolve(true);
    });
    const stop = () => {
      timer.cancel();
      resolve(false);
    };
    signal.addEventListener("abort", stop, { once: true });
  });
}
