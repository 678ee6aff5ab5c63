import type { Clock, Timer } from "../ports/clock.ts";

/** What systemd is told of this process (sd_notify(3)). Each call does nothing where no systemd listens. */
export interface ServiceManager {
  /** It serves. From now on it says regularly that it is alive, when the unit has a watchdog. */
  ready(): void;
  reloading(): void;
  reloaded(): void;
  stopping(): void;
}

export interface ServiceManagerOptions {
  env: Readonly<Record<string, string | undefined>>;
  pid: number;
  clock: Clock;
  notify(state: string): void;
}

const US_PER_MS = 1000;

/** systemd by the environment that it gives: NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID. */
export function serviceManager({ env, pid, clock, notify }: ServiceManagerOptions): ServiceManager {
  const tell = (state: string) => {
    if (env.NOTIFY_SOCKET) notify(state);
  };
  let watchdog: Timer | undefined;
  const intervalMs = watchdogIntervalMs(env, pid);
  const beat = () => {
    watchdog = clock.after(intervalMs, () => {
      tell("WATCHDOG=1");
      beat();
    });
  };
  return {
    ready() {
      tell("READY=1");
      if (intervalMs > 0) beat();
    },
    reloading: () => tell("RELOADING=1"),
    reloaded: () => tell("READY=1"),
    stopping() {
      watchdog?.cancel();
      tell("STOPPING=1");
    },
  };
}

/** Half of what systemd waits, as sd_watchdog_enabled(3) advises; 0 without a watchdog of this process. */
function watchdogIntervalMs({ NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID }: ServiceManagerOptions["env"], pid: number) {
  const isMeant = !WATCHDOG_PID || Number(WATCHDOG_PID) === pid;
  const us = Number(WATCHDOG_USEC ?? 0);
  return NOTIFY_SOCKET && isMeant && us > 0 ? us / US_PER_MS / 2 : 0;
}
