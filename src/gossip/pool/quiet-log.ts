import type { Clock } from "../../ports/clock.ts";
import type { LogFields, Logger } from "../../ports/logger.ts";

const PERIOD_MS = 60_000;
/** In one period: lines of one text at each level from `warn` up, all of these together, and lines of level `info`. */
const SAME_MAX = 10;
const WARNINGS_MAX = 100;
const INFOS_MAX = 1000;

/** What was said in this period. */
class Period {
  startMs: number;
  warnings = 0;
  infos = 0;
  leftOut = 0;
  readonly same = new Map<string, number>();

  constructor(startMs: number) {
    this.startMs = startMs;
  }
}

/**
 * A log that nobody can fill from the network: whatever members and others send, it says a limited number of lines in a
 * minute, and with the next one how many it left out. What is for debugging is not limited.
 */
export class QuietLog implements Logger {
  readonly #log: Logger;
  readonly #clock: Clock;
  #period: Period;

  constructor(log: Logger, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
    this.#period = new Period(clock.monotonicMs());
  }

  trace(message: string, fields?: LogFields): void {
    this.#log.trace(message, fields);
  }

  debug(message: string, fields?: LogFields): void {
    this.#log.debug(message, fields);
  }

  info(message: string, fields?: LogFields): void {
    const isSaid = this.#now().infos++ < INFOS_MAX;
    if (isSaid) this.#log.info(message, this.#withLeftOut(fields));
    else this.#period.leftOut++;
  }

  warn(message: string, fields?: LogFields): void {
    if (this.#mayWarn(message)) this.#log.warn(message, this.#withLeftOut(fields));
  }

  error(message: string, fields?: LogFields): void {
    if (this.#mayWarn(message)) this.#log.error(message, this.#withLeftOut(fields));
  }

  named(name: string): Logger {
    return new QuietLog(this.#log.named(name), this.#clock);
  }

  #mayWarn(message: string): boolean {
    const period = this.#now();
    const same = period.same.get(message) ?? 0;
    if (same >= SAME_MAX || period.warnings >= WARNINGS_MAX) {
      period.leftOut++;
      return false;
    }
    period.same.set(message, same + 1);
    period.warnings++;
    return true;
  }

  /** What was left out is told once. */
  #withLeftOut(fields: LogFields | undefined): LogFields | undefined {
    const { leftOut } = this.#period;
    if (leftOut === 0) return fields;
    this.#period.leftOut = 0;
    return { ...fields, "lines left out before": leftOut };
  }

  #now(): Period {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#period.startMs >= PERIOD_MS) {
      const { leftOut } = this.#period;
      this.#period = new Period(nowMs);
      this.#period.leftOut = leftOut;
    }
    return this.#period;
  }
}
