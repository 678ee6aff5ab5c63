import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Ports } from "./ports.ts";
import type { Json } from "./types.ts";

const STOP_MS_MAX = 5_000;
const LOG_LINES_SHOWN = 15;

export interface AgentOptions {
  readonly binary: string;
  /** Of its own, for data and configuration; made here. */
  readonly dir: string;
  readonly name: string;
  readonly id: string | undefined;
  readonly ports: Ports;
  /** Of the server whose client it is; undefined starts a server. */
  readonly joining: Ports | undefined;
  /** On top of the harness's own. */
  readonly config: Readonly<Record<string, Json>>;
}

export interface AgentProcess {
  readonly ports: Ports;
  exitCode(): number | null;
  logEnd(): Promise<string>;
  /** Asks it to end, and kills it when it does not. */
  stop(): Promise<void>;
}

/** Starts an agent. It may not yet listen, or end soon. */
export async function spawnAgent({ binary, dir, config, ...options }: AgentOptions): Promise<AgentProcess> {
  await mkdir(dir);
  // A fast election; the rest is what a person would run.
  const file = {
    performance: { raft_multiplier: 1 },
    disable_update_check: true,
    leave_on_terminate: false,
    ...config,
  };
  await writeFile(join(dir, "agent.json"), JSON.stringify(file));
  const logPath = join(dir, "agent.log");
  const child = Bun.spawn([binary, ...argsOf({ dir, ...options })], {
    cwd: dir,
    env: { PATH: process.env.PATH ?? "/usr/bin:/bin", HOME: dir },
    stdin: "ignore",
    stdout: Bun.file(logPath),
    stderr: Bun.file(logPath),
  });
  return {
    ports: options.ports,
    exitCode: () => child.exitCode,
    logEnd: async () => (await Bun.file(logPath).text()).split("\n").slice(-LOG_LINES_SHOWN).join("\n"),
    async stop() {
      const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS_MAX);
      child.kill("SIGTERM");
      await child.exited;
      clearTimeout(timer);
    },
  };
}

function argsOf({ dir, name, id, ports, joining }: Omit<AgentOptions, "binary" | "config">): string[] {
  return [
    "agent",
    ...(joining === undefined ? ["-server", "-bootstrap"] : [`-retry-join=127.0.0.1:${joining.serfLan}`]),
    `-data-dir=${dir}/data`,
    `-config-file=${dir}/agent.json`,
    "-bind=127.0.0.1",
    "-client=127.0.0.1",
    `-node=${name}`,
    ...(id === undefined ? [] : [`-node-id=${id}`]),
    `-http-port=${ports.http}`,
    `-dns-port=${ports.dns}`,
    `-serf-lan-port=${ports.serfLan}`,
    `-serf-wan-port=${ports.serfWan}`,
    `-server-port=${ports.server}`,
    "-enable-script-checks",
    "-log-level=warn",
  ];
}
