/** How the process hears of signals; a port, so that tests send none. */
export interface Signals {
  on(name: "SIGINT" | "SIGTERM" | "SIGHUP", listener: () => void): void;
}

export type StopReason = "SIGINT" | "SIGTERM" | "leave";

export interface Stopping {
  readonly reason: Promise<StopReason>;
  /** Stops as if told by the API. */
  leave(): void;
}

/** Waits for the first reason to stop. HUP reloads; INT or TERM while stopping ends at once, as in Consul. */
export function whyStopped(
  signals: Signals,
  { onReload, onSecond }: { onReload: () => void; onSecond: () => void },
): Stopping {
  let stop: (reason: StopReason) => void = () => undefined;
  let stopped = false;
  const reason = new Promise<StopReason>((resolve) => {
    stop = resolve;
  });
  const onSignal = (name: "SIGINT" | "SIGTERM") => () => {
    if (stopped) onSecond();
    stopped = true;
    stop(name);
  };
  signals.on("SIGHUP", onReload);
  signals.on("SIGINT", onSignal("SIGINT"));
  signals.on("SIGTERM", onSignal("SIGTERM"));
  return {
    reason,
    leave() {
      stopped = true;
      stop("leave");
    },
  };
}
