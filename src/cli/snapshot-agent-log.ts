import type { Clock } from "../ports/clock.ts";
import type { LogLevel } from "../ports/logger.ts";
import type { Sink } from "./context.ts";

const LEVELS: readonly LogLevel[] = ["trace", "debug", "info", "warn", "error"];

/** The agent's log on a stream, one line each in the shape of the other agent's. */
export class AgentLog {
  readonly #clock: Clock;
  readonly #out: Sink;
  readonly #least: LogLevel;

  constructor(clock: Clock, out: Sink, least: LogLevel) {
    this.#clock = clock;
    this.#out = out;
    this.#least = least;
  }

  debug(text: string): void {
    this.#write("debug", text);
  }

  info(text: string): void {
    this.#write("info", text);
  }

  warn(text: string): void {
    this.#write("warn", text);
  }

  error(text: string): void {
    this.#write("error", text);
  }

  #write(level: LogLevel, text: string): void {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(this.#least)) return;
    const time = new Date(this.#clock.nowMs()).toISOString();
    const label = `[${level.toUpperCase()}]`.padEnd("[ERROR]".length);
    // What a store answers must never look like another line of the log.
    const line = text.replace(/\p{Cc}+/gu, " ").trimEnd();
    this.#out.write(`${time} ${label} snapshot-agent: ${line}\n`);
  }
}
