import type { Clock } from "../../ports/clock.ts";
import type { LogFields, Logger, LogLevel } from "../../ports/logger.ts";
import { formatJson, formatText, type LogRecord, passes } from "./format.ts";

/** Where finished lines go. Must not throw and must not wait. */
export interface LogSink {
  write(line: string): void;
}

export interface LogHubOptions {
  clock: Clock;
  level: LogLevel;
  json: boolean;
  sinks: readonly LogSink[];
}

interface Subscriber {
  level: LogLevel;
  json: boolean;
  onLine: (line: string) => void;
}

/** All of a process's logging: one level, some sinks, and streams that come and go (`/v1/agent/monitor`). */
export class LogHub {
  readonly #options: LogHubOptions;
  readonly #subscribers = new Set<Subscriber>();
  #level: LogLevel;
  /** The least level that anybody listens to; below it a call costs nothing. */
  #least: LogLevel;

  constructor(options: LogHubOptions) {
    this.#options = options;
    this.#level = options.level;
    this.#least = options.level;
  }

  /** A logger whose lines carry `name`. */
  logger(name: string): Logger {
    return new HubLogger(this, name);
  }

  get level(): LogLevel {
    return this.#level;
  }

  /** Takes another level for the sinks; streams keep their own. */
  setLevel(level: LogLevel): void {
    this.#level = level;
    this.#recount();
  }

  /** Calls `onLine` for each record from `level` up, until the returned function is called. */
  subscribe(level: LogLevel, json: boolean, onLine: (line: string) => void): () => void {
    const subscriber = { level, json, onLine };
    this.#subscribers.add(subscriber);
    this.#recount();
    return () => {
      this.#subscribers.delete(subscriber);
      this.#recount();
    };
  }

  /** Takes one call of a logger. */
  record(level: LogLevel, name: string, message: string, fields: LogFields): void {
    if (!passes(level, this.#least)) return;
    const record: LogRecord = { timeMs: this.#options.clock.nowMs(), level, name, message, fields };
    const lines: { text?: string; json?: string } = {};
    const line = (json: boolean) => {
      if (json) lines.json ??= formatJson(record);
      else lines.text ??= formatText(record);
      return (json ? lines.json : lines.text) as string;
    };
    if (passes(level, this.#level)) for (const sink of this.#options.sinks) sink.write(line(this.#options.json));
    for (const subscriber of this.#subscribers) {
      if (passes(level, subscriber.level)) subscriber.onLine(line(subscriber.json));
    }
  }

  #recount(): void {
    this.#least = this.#level;
    for (const { level } of this.#subscribers) if (!passes(level, this.#least)) this.#least = level;
  }
}

class HubLogger implements Logger {
  readonly #hub: LogHub;
  readonly #name: string;
  constructor(hub: LogHub, name: string) {
    this.#hub = hub;
    this.#name = name;
  }
  trace(message: string, fields: LogFields = {}): void {
    this.#hub.record("trace", this.#name, message, fields);
  }
  debug(message: string, fields: LogFields = {}): void {
    this.#hub.record("debug", this.#name, message, fields);
  }
  info(message: string, fields: LogFields = {}): void {
    this.#hub.record("info", this.#name, message, fields);
  }
  warn(message: string, fields: LogFields = {}): void {
    this.#hub.record("warn", this.#name, message, fields);
  }
  error(message: string, fields: LogFields = {}): void {
    this.#hub.record("error", this.#name, message, fields);
  }
  named(name: string): Logger {
    return new HubLogger(this.#hub, `${this.#name}.${name}`);
  }
}
