import { ConfigError } from "./error.ts";
import { joinTokenFile, type LoadInput } from "./load.ts";
import type { FileReader } from "./read.ts";

const TOKEN_FILE_BYTES_MAX = 64 * 1024;

/**
 * The join token of the file that the configuration names, else of the environment; "" for none. Throws ConfigError when
 * the file can't be read.
 */
export async function readJoinToken(
  input: Pick<LoadInput, "sources" | "flags">,
  env: Readonly<Record<string, string | undefined>>,
  reader: FileReader,
): Promise<string> {
  const file = joinTokenFile(input);
  if (file === "") return env.MUSTER_JOIN_TOKEN ?? "";
  try {
    return await reader.readFile(file, TOKEN_FILE_BYTES_MAX);
  } catch (error) {
    throw new ConfigError(`join_token_file ${JSON.stringify(file)}: ${error instanceof Error ? error.message : error}`);
  }
}
