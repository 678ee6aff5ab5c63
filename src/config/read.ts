/** Files and directories of the command line as sources. */
import { ConfigError } from "./error.ts";
import { type ConfigSource, SOURCE_CHARS_MAX } from "./sources.ts";

/** The file system as configuration needs it. */
export interface FileReader {
  /** What is at `path`; null when there is nothing. Links are followed. */
  kindOf(path: string): Promise<"file" | "directory" | null>;
  /** Text of a file; rejects when it has more than `bytesMax` bytes or can't be read. */
  readFile(path: string, bytesMax: number): Promise<string>;
  /** Names in a directory, in any order. */
  listDir(path: string): Promise<string[]>;
}

export type ConfigFormat = "json" | "hcl" | "";

export interface ReadSources {
  readonly sources: ConfigSource[];
  readonly warnings: string[];
}

/** Most files of one directory. */
const DIRECTORY_FILES_MAX = 10_000;

/**
 * Reads `paths` in order; a directory gives its `.json` and `.hcl` files by name, without those of its directories.
 * With a `format`, all files have it. Throws ConfigError when something is missing or can't be read.
 */
export async function readSources(paths: readonly string[], format: string, reader: FileReader): Promise<ReadSources> {
  if (format !== "" && format !== "json" && format !== "hcl")
    throw new ConfigError("config: -config-format must be either 'hcl' or 'json'");
  const result: ReadSources = { sources: [], warnings: [] };
  for (const path of paths) {
    const kind = await reader.kindOf(path);
    if (kind === null) throw new ConfigError(`config: Open failed on ${path}. open ${path}: no such file or directory`);
    if (kind === "directory") await readDirectory(path, format, reader, result);
    else if (!(await readOne(path, format, reader, result)))
      result.warnings.push(`skipping file ${path}, extension must be .hcl or .json, or config format must be set`);
  }
  return result;
}

async function readDirectory(path: string, format: ConfigFormat, reader: FileReader, into: ReadSources): Promise<void> {
  const names = (await reader.listDir(path)).sort();
  if (names.length > DIRECTORY_FILES_MAX)
    throw new ConfigError(`config: directory ${path} holds more than ${DIRECTORY_FILES_MAX} files`);
  for (const name of names) {
    const file = `${path.replace(/\/+$/, "")}/${name}`;
    if ((await reader.kindOf(file)) === "file") await readOne(file, format, reader, into);
  }
}

/** False for a file whose format nobody tells. */
async function readOne(path: string, format: ConfigFormat, reader: FileReader, into: ReadSources): Promise<boolean> {
  const found = format === "" ? formatOf(path) : format;
  if (found === "") return false;
  try {
    into.sources.push({ name: path, format: found, text: await reader.readFile(path, SOURCE_CHARS_MAX) });
  } catch (error) {
    throw new ConfigError(`config: ReadFile failed on ${path}: ${error instanceof Error ? error.message : error}`);
  }
  return true;
}

function formatOf(path: string): ConfigFormat {
  if (path.endsWith(".json")) return "json";
  return path.endsWith(".hcl") ? "hcl" : "";
}
