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

/**
 * The level that a `log_level` means, in any case. Throws ConfigError for other words, at the start of the agent and
 * not before: `validate` lets them pass, as Consul's does.
 */
export function parseLogLevel(text: string): LogLevel {
  const level = LEVELS.get(text.toUpperCase());
  if (level === undefined)
    throw new ConfigError(`Invalid log level: ${text}. Valid log levels are: [${[...LEVELS.keys()].join(" ")}]`);
  return level;
}
