import type { LogFields, Logger, LogLevel } from "../../src/ports/logger.ts";

/** Keeps what was logged, for tests that prove a warning. */
export class RecordingLogger implements Logger {
  readonly lines: { level: LogLevel; message: string; fields: LogFields }[] = [];
  trace(message: string, fields: LogFields = {}): void {
    this.lines.push({ level: "trace", message, fields });
  }
  debug(message: string, fields: LogFields = {}): void {
    this.lines.push({ level: "debug", message, fields });
  }
  info(message: string, fields: LogFields = {}): void {
    this.lines.push({ level: "info", message, fields });
  }
  warn(message: string, fields: LogFields = {}): void {
    this.lines.push({ level: "warn", message, fields });
  }
  error(message: string, fields: LogFields = {}): void {
    this.lines.push({ level: "error", message, fields });
  }
  named(): Logger {
    return this;
  }
  /** Messages of one level. */
  messages(level: LogLevel): string[] {
    return this.lines.filter((line) => line.level === level).map((line) => line.message);
  }
}
