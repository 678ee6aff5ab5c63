import type { Clock, Timer } from "../ports/clock.ts";

const PUSH_INTERVAL_MS = 10_000;

/** Calls `measure` every 10 seconds until the returned function is called. */
export function measureRegularly(measure: () => void, clock: Clock): () => void {
  let timer: Timer;
  const arm = () => {
    timer = clock.after(PUSH_INTERVAL_MS, () => {
      measure();
      arm();
    });
  };
  arm();
  return () => timer.cancel();
}
