import type { LogLevel } from "../ports/logger.ts";
import { ConfigError } from "./error.ts";

const LEVELS: ReadonlyMap<string, LogLevel> = new Map([
  ["TRACE", "trace"],
  ["DEBUG", "debug"],
  ["INFO", "info"],
  ["WARN", "warn"],
  ["ERR", "error"],
  ["ERROR", "error"],
]);

/** The level of a word in any case, or undefined. */
export function logLevelOf(word: string): LogLevel | undefined {
  return LEVELS.get(word.toUpperCase());
}

/**
 * The level that a `log_level` means, in any case. Throws ConfigError for other words, at the start of the agent and
 * not before: `validate` lets them pass, as Consul's does.
 */
export function parseLogLevel(text: string): LogLevel {
  const level = logLevelOf(text);
  if (level === undefined)
    throw new ConfigError(`Invalid log level: ${text}. Valid log levels are: [${[...LEVELS.keys()].join(" ")}]`);
  return level;
}
