import type { Config } from "../config/config.ts";
import type { Loaded } from "../config/load.ts";
import { parseLogLevel } from "../config/log-level.ts";
import { applyReloadable, diffReloadable, restartWarning } from "../config/reload.ts";
import { systemClock } from "../platform/clock.ts";
import { notifySystemd } from "../platform/systemd.ts";
import { banner } from "./banner.ts";
import { startNode } from "./node.ts";
import { oneAtATime } from "./one-at-a-time.ts";
import { openAll } from "./open-parts.ts";
import { writePidFile } from "./pid-file.ts";
import type { AgentProcess } from "./process.ts";
import { serviceManager } from "./service-manager.ts";
import { type StopReason, whyStopped } from "./signals.ts";
import { startTelemetry, type Telemetry } from "./telemetry.ts";

/**
 * Runs an agent until it is told to stop; `load` reads the configuration anew for a reload. Resolves with the exit code.
 * Rejects when it can't start; then nothing stays open.
 */
export function serve(first: Loaded, load: () => Promise<Loaded>, host: AgentProcess): Promise<number> {
  return openAll(async (parts) => {
    const console = { write: (line: string) => void host.out.write(`${line}\n`) };
    const telemetry = startTelemetry(first.config, console, systemClock, host.machine.hostname);
    parts.add(() => telemetry.close());
    host.out.write("==> Starting Muster agent...\n");
    const log = telemetry.hub.logger("agent");
    for (const warning of first.warnings) log.warn(warning);
    const notify = (state: string) => void notifySystemd(host.env.NOTIFY_SOCKET, state);
    const manager = serviceManager({ env: host.env, pid: process.pid, clock: systemClock, notify });
    parts.add(writePidFile(first.config.pidFile));

    let config = first.config;
    const reload = oneAtATime(async () => {
      manager.reloading();
      try {
        const running = await starting;
        const next = await load();
        const warning = restartWarning(diffReloadable(config, next.config));
        if (warning !== undefined) log.warn(warning);
        const wanted = applyReloadable(config, next.config);
        await running.reload(wanted);
        config = wanted;
        retune(telemetry, config);
        log.info("configuration reloaded");
      } finally {
        manager.reloaded();
      }
    });
    const stopping = whyStopped(host.signals, {
      onReload: () => reload().catch((error: unknown) => log.error("reload failed", { error: textOf(error) })),
      onSecond: () => host.exit(1),
    });
    const starting = startNode(config, telemetry, {
      env: host.env,
      onReload: reload,
      onLeave: () => stopping.leave(),
      onFatal(reason) {
        host.err.write(`==> muster: stopping: ${reason}\n`);
        host.exit(1);
      },
    });
    const node = await starting;
    parts.add(() => node.stop());
    host.out.write(banner(config, node.nodeId));
    manager.ready();

    const reason = await stopping.reason;
    manager.stopping();
    const leaves = isLeave(reason, config);
    log.info(leaves ? "Gracefully shutting down agent..." : "shutting down without leaving", { reason });
    if (leaves)
      await node.leave().catch((error: unknown) => log.error("could not leave the cluster", { error: textOf(error) }));
    const isStopped = await node.stop().then(
      () => true,
      (error: unknown) => log.error("could not stop in order", { error: String(error) }),
    );
    const code = leaves && isStopped ? 0 : 1;
    log.info("Exit code", { code });
    await parts.close();
    return code;
  });
}

const textOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

function retune({ hub, meter }: Telemetry, config: Config): void {
  hub.setLevel(parseLogLevel(config.logLevel));
  meter.setFilters(config.telemetry);
}

/** Consul's rule of exit codes hangs on this: 0 after leaving, 1 after any other stop. */
export function isLeave(
  reason: StopReason,
  config: Pick<Config, "leaveOnTerminate" | "skipLeaveOnInterrupt">,
): boolean {
  if (reason === "leave") return true;
  return reason === "SIGINT" ? !config.skipLeaveOnInterrupt : config.leaveOnTerminate;
}
