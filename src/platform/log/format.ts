/** One line of the log as text or as JSON, in the shape that Consul's operators and their tools know. Pure. */
import type { LogFields, LogLevel } from "../../ports/logger.ts";

/** What was logged. */
export interface LogRecord {
  /** Milliseconds since 1970. */
  timeMs: number;
  level: LogLevel;
  /** Dotted, such as `agent.server`. */
  name: string;
  message: string;
  fields: LogFields;
}

const LABELS: Record<LogLevel, string> = {
  trace: "[TRACE]",
  debug: "[DEBUG]",
  info: "[INFO] ",
  warn: "[WARN] ",
  error: "[ERROR]",
};

/** `2026-11-21T08:33:01.659Z [INFO]  agent.server: text: key=value`, without a line end. */
export function formatText(record: LogRecord): string {
  const head = `${new Date(record.timeMs).toISOString()} ${LABELS[record.level]} ${record.name}: `;
  const fields = Object.entries(record.fields).filter(([, value]) => value !== undefined);
  const tail = fields.map(([key, value]) => ` ${key}=${textValue(String(value))}`).join("");
  return `${head}${oneLine(record.message)}${tail === "" ? "" : `:${tail}`}`;
}

function textValue(value: string): string {
  return /[\s\p{Cc}]/u.test(value) || value === "" ? `"${oneLine(value)}"` : value;
}

/** A value from outside must never look like another line of the log, nor steer a terminal. */
function oneLine(text: string): string {
  return text.replace(/\p{Cc}/gu, (char) => JSON.stringify(char).slice(1, -1).replace("\u007f", "\\u007f"));
}

/** One JSON object: `@level`, `@message`, `@module`, `@timestamp` with microseconds, then the fields by name. */
export function formatJson(record: LogRecord): string {
  const fields = Object.entries(record.fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]): [string, unknown] => [key, typeof value === "bigint" ? value.toString() : value])
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify({
    "@level": record.level,
    "@message": record.message,
    "@module": record.name,
    "@timestamp": new Date(record.timeMs).toISOString().replace("Z", "000Z"),
    ...Object.fromEntries(fields),
  });
}

/** Whether a record of `level` passes a limit of `least`. */
export function passes(level: LogLevel, least: LogLevel): boolean {
  return ORDER[level] >= ORDER[least];
}

const ORDER: Record<LogLevel, number> = { trace: 0, debug: 1, info: 2, warn: 3, error: 4 };
