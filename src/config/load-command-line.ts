import { parseAgentArguments } from "./flags.ts";
import { readJoinToken } from "./join-token-file.ts";
import { type Loaded, loadConfig, type Machine } from "./load.ts";
import { type FileReader, readSources } from "./read.ts";
import { checkDataDir } from "./validate-files.ts";

/** Where the agent's configuration comes from beside its command line. */
export interface Surroundings {
  readonly machine: Machine;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly reader: FileReader;
}

/**
 * The configuration that the words after `agent` stand for, files and environment included. Throws GoFlagError in Go's
 * words, or ConfigError.
 */
export async function loadCommandLine(argv: readonly string[], surroundings: Surroundings): Promise<Loaded> {
  const { machine, env, reader } = surroundings;
  const { dev, paths, format, fragments, flags } = parseAgentArguments(argv);
  const read = await readSources(paths, format, reader);
  const input = { dev, sources: [...read.sources, ...fragments], flags, machine };
  const joinToken = await readJoinToken(input, env, reader);
  const loaded = loadConfig({ ...input, joinToken });
  await checkDataDir(loaded.config.dataDir, reader);
  return { ...loaded, warnings: [...read.warnings, ...loaded.warnings] };
}
