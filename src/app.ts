import type { AgentProcess } from "./app/process.ts";
import { serve } from "./app/serve.ts";
import { ConfigError } from "./config/error.ts";
import { AGENT_FLAGS } from "./config/flags.ts";
import type { Loaded } from "./config/load.ts";
import { loadCommandLine } from "./config/load-command-line.ts";
import { notYetWarnings } from "./config/not-yet.ts";
import { GoFlagError } from "./lang/goflags.ts";
import { DISK_READER } from "./platform/config-files.ts";

/** `agent`: runs until it is told to stop; resolves with Consul's exit code: 0 after leaving, 1 otherwise. */
export async function runAgent(argv: readonly string[], host: AgentProcess): Promise<number> {
  const load = () => readConfig(argv, host);
  let loaded: Loaded;
  try {
    loaded = await load();
  } catch (error) {
    if (error instanceof GoFlagError) {
      const { goFlagUsage } = await import("./cli/usage.ts");
      host.err.write(`${error.message}\n${goFlagUsage(AGENT_FLAGS)}\n==> error parsing flags: ${error.message}\n`);
      return 1;
    }
    if (!(error instanceof ConfigError)) throw error;
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

async function readConfig(argv: readonly string[], { machine, env }: AgentProcess): Promise<Loaded> {
  const loaded = await loadCommandLine(argv, { machine, env, reader: DISK_READER });
  return { ...loaded, warnings: [...loaded.warnings, ...notYetWarnings(loaded.config)] };
}
