import { readWatches } from "../model/watch/definition.ts";
import type { Config } from "./config.ts";
import { ConfigError } from "./error.ts";
import { readJoinToken } from "./join-token-file.ts";
import { loadConfig, type Machine } from "./load.ts";
import { notYetWarnings } from "./not-yet.ts";
import { type FileReader, readSources } from "./read.ts";

export interface Verdict {
  /** Empty when the agent would start. */
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
}

/** Judges files and directories as the agent would at its start; for `validate`. Never throws for bad configuration. */
export async function validateFiles(
  paths: readonly string[],
  format: string,
  reader: FileReader,
  machine: Machine,
): Promise<Verdict> {
  try {
    const read = await readSources(paths, format, reader);
    const input = { dev: false, sources: read.sources, flags: {}, machine };
    const joinToken = await readJoinToken(input, {}, reader);
    const { config, warnings } = loadConfig({ ...input, joinToken });
    await checkDataDir(config.dataDir, reader);
    checkWatches(config);
    return { errors: [], warnings: [...read.warnings, ...warnings, ...notYetWarnings(config)] };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { errors: [error.message], warnings: [] };
  }
}

/** Consul finds such mistakes only when the agent starts. */
function checkWatches({ watches }: Config): void {
  try {
    readWatches(watches);
  } catch (error) {
    throw new ConfigError(error instanceof Error ? error.message : String(error));
  }
}

/** Throws ConfigError when the data directory is something else than a directory; it may be missing. */
export async function checkDataDir(dataDir: string, reader: FileReader): Promise<void> {
  if (dataDir !== "" && (await reader.kindOf(dataDir)) === "file")
    throw new ConfigError(`data_dir ${JSON.stringify(dataDir)} is not a directory`);
}
