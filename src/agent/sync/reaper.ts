import type { Clock, Timer } from "../../ports/clock.ts";
import type { Logger } from "../../ports/logger.ts";
import type { LocalState } from "../local/state.ts";

const REAP_INTERVAL_MS = 30_000;
/** A shorter `deregister_critical_service_after` counts as this. */
export const REAP_AFTER_MIN_MS = 60_000;
const NS_PER_MS = 1e6;

export interface ReaperOptions {
  state: LocalState;
  clock: Clock;
  log: Logger;
  deregister: (serviceId: string) => Promise<void>;
}

/** Removes services whose checks have been critical for longer than they allow; looks every 30 s. */
export class Reaper {
  readonly #options: ReaperOptions;
  #timer: Timer | undefined;
  constructor(options: ReaperOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = this.#options.clock.after(REAP_INTERVAL_MS, () => {
      void this.reap();
      this.start();
    });
  }

  stop(): void {
    this.#timer?.cancel();
  }

  /** One round; also what the timer does. */
  async reap(): Promise<void> {
    const { state, log, deregister } = this.#options;
    const reaped = new Set<string>();
    for (const { check, run } of state.checks()) {
      const afterMs = run.DeregisterCriticalServiceAfter / NS_PER_MS;
      if (afterMs <= 0 || check.ServiceID === "" || reaped.has(check.ServiceID)) continue;
      const criticalForMs = state.criticalForMs(check.CheckID) ?? 0;
      if (criticalForMs <= Math.max(afterMs, REAP_AFTER_MIN_MS)) continue;
      reaped.add(check.ServiceID);
      log.info("Check for service has been critical for too long; deregistering service", {
        check: check.CheckID,
        service: check.ServiceID,
        seconds: Math.round(criticalForMs / 1000),
      });
      try {
        await deregister(check.ServiceID);
      } catch (error) {
        const text = error instanceof Error ? error.message : String(error);
        log.error("failed to deregister a critical service", { service: check.ServiceID, error: text });
      }
    }
  }
}
