import type { Clock } from "../../ports/clock.ts";
import type { Logger } from "../../ports/logger.ts";
import type { SwimPort } from "../swim/delegate.ts";
import { BROADCAST_TIMEOUT_MS } from "./options.ts";

export interface LeavingOptions {
  readonly swim: SwimPort;
  /** Queues the intent; `onTold` is called when it was sent often enough. */
  readonly announce: (onTold: () => void) => void;
  readonly hasPeers: boolean;
  readonly propagateDelayMs: number;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Serf's order of leaving: the intent first, so that all know that the silence is meant, then the membership's message, and
 * this member stays up until all have heard it and nobody pings it any more.
 */
export async function leaveGracefully(options: LeavingOptions): Promise<void> {
  const { swim, announce, hasPeers, propagateDelayMs, clock, log } = options;
  if (hasPeers && !(await within(clock, BROADCAST_TIMEOUT_MS, announce)))
    log.warn("timeout while waiting for graceful leave: some may take this member for failed");
  await swim.leave(BROADCAST_TIMEOUT_MS);
  if (!hasPeers) return;
  await new Promise<void>((resolve) => {
    clock.after(propagateDelayMs, resolve);
  });
}

/** Whether `start` has called back in time. */
function within(clock: Clock, timeoutMs: number, start: (done: () => void) => void): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = clock.after(timeoutMs, () => resolve(false));
    start(() => {
      timer.cancel();
      resolve(true);
    });
  });
}
