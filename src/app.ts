import { banner } from "./app/banner.ts";
import { type RunningNode, startNode } from "./app/node.ts";
import { writePidFile } from "./app/pid-file.ts";
import { type Signals, whyStopped } from "./app/signals.ts";
import { startTelemetry } from "./app/telemetry.ts";
import type { Config } from "./config/config.ts";
import { ConfigError } from "./config/error.ts";
import { parseAgentArguments } from "./config/flags.ts";
import { type Loaded, loadConfig, type Machine } from "./config/load.ts";
import { readSources } from "./config/read.ts";
import { diffReloadable, restartWarning } from "./config/reload.ts";
import { checkDataDir } from "./config/validate-files.ts";
import { GoFlagError } from "./lang/goflags.ts";
import { systemClock } from "./platform/clock.ts";
import { DISK_READER } from "./platform/config-files.ts";
import { parseLevel } from "./platform/log/format.ts";
import { notifySystemd } from "./platform/systemd.ts";

/** What the agent has of its process. */
export interface AgentProcess {
  env: Readonly<Record<string, string | undefined>>;
  out: { write(text: string): void };
  err: { write(text: string): void };
  machine: Machine;
  signals: Signals;
  /** Ends the process at once. */
  exit(code: number): never;
}

/** `agent`: runs until it is told to stop; resolves with Consul's exit code: 0 after leaving, 1 otherwise. */
export async function runAgent(argv: readonly string[], host: AgentProcess): Promise<number> {
  const load = () => readConfig(argv, host.machine);
  let loaded: Loaded;
  try {
    loaded = await load();
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof GoFlagError)) throw error;
    host.err.write(`==> ${error.message}\n`);
    return 1;
  }
  try {
    return await serve(loaded, load, host);
  } catch (error) {
    host.err.write(`==> Error starting agent: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

async function readConfig(argv: readonly string[], machine: Machine): Promise<Loaded> {
  const { dev, paths, format, fragments, flags } = parseAgentArguments(argv);
  const read = await readSources(paths, format, DISK_READER);
  const loaded = loadConfig({ dev, sources: [...read.sources, ...fragments], flags, machine });
  await checkDataDir(loaded.config.dataDir, DISK_READER);
  if (!loaded.config.server) {
    throw new ConfigError("this version of Muster runs servers only: give -server and -bootstrap, or -dev");
  }
  return { ...loaded, warnings: [...read.warnings, ...loaded.warnings] };
}

async function serve(first: Loaded, load: () => Promise<Loaded>, host: AgentProcess): Promise<number> {
  let config: Config = first.config;
  const telemetry = startTelemetry(
    config,
    { write: (line) => host.out.write(`${line}\n`) },
    systemClock,
    host.machine.hostname,
  );
  const log = telemetry.hub.logger("agent");
  host.out.write("==> Starting Muster agent...\n");
  for (const warning of first.warnings) log.warn(warning);
  const reload = async () => {
    const next = await load();
    const warning = restartWarning(diffReloadable(config, next.config));
    if (warning !== undefined) log.warn(warning);
    config = next.config;
    telemetry.hub.setLevel(parseLevel(config.logLevel) ?? telemetry.hub.level);
    telemetry.meter.setPrefixFilter(config.telemetry.prefixFilter);
    await node.reload(config);
    log.info("configuration reloaded");
  };
  const stopping = whyStopped(host.signals, {
    onReload: () => reload().catch((error: unknown) => log.error("reload failed", { error: String(error) })),
    onSecond: () => host.exit(1),
  });
  const node: RunningNode = await startNode(config, telemetry, {
    env: host.env,
    onReload: reload,
    onLeave: () => stopping.leave(),
    onFatal(reason) {
      host.err.write(`==> muster: stopping: ${reason}\n`);
      host.exit(1);
    },
  });
  const removePidFile = writePidFile(config.pidFile);
  host.out.write(banner(config, node.nodeId));
  notifySystemd(host.env.NOTIFY_SOCKET, "READY=1");
  const reason = await stopping.reason;
  notifySystemd(host.env.NOTIFY_SOCKET, "STOPPING=1");
  const leaves = reason === "leave" || (reason === "SIGINT" ? !config.skipLeaveOnInterrupt : config.leaveOnTerminate);
  log.info(leaves ? "Gracefully shutting down agent..." : "shutting down without leaving", { reason });
  await node.stop();
  removePidFile();
  log.info("Exit code: ", { code: leaves ? 0 : 1 });
  return leaves ? 0 : 1;
}
