import type { Clock } from "../../ports/clock.ts";
import type { Logger } from "../../ports/logger.ts";
import type { Meter } from "../../ports/meter.ts";

/** A source is named again after this. */
const AGAIN_MS = 60_000;
/** Lines in one period, whoever they are about: the address of a packet can be any. */
const LINES_MAX = 10;
const SOURCES_MAX = 256;

/**
 * Says what is wrong with what comes from the network: each is counted, few are logged, none with its content. Whoever
 * sends rubbish without end fills neither the log nor the memory.
 */
export class Complaints {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #meter: Meter;
  readonly #saidMs = new Map<string, number>();
  #periodMs: number;
  #lines = 0;
  #unsaid = 0;

  constructor(parts: { clock: Clock; log: Logger; meter: Meter }) {
    this.#clock = parts.clock;
    this.#log = parts.log;
    this.#meter = parts.meter;
    this.#periodMs = parts.clock.monotonicMs();
  }

  /** `metric` counts it; `what` is a sentence about the kind of fault, the same for all of a kind. */
  about(source: string, metric: string, what: string, error?: unknown): void {
    this.#meter.count(metric);
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#periodMs >= AGAIN_MS) {
      this.#periodMs = nowMs;
      this.#lines = 0;
    }
    const key = `${source} ${metric}`;
    const saidMs = this.#saidMs.get(key);
    const isKnown = saidMs !== undefined && nowMs - saidMs < AGAIN_MS;
    if (isKnown || this.#lines >= LINES_MAX) {
      this.#unsaid++;
      return;
    }
    this.#remember(key, nowMs);
    this.#lines++;
    const why = error instanceof Error ? { error: error.message } : {};
    const unsaid = this.#unsaid === 0 ? {} : { "others not logged": this.#unsaid };
    this.#unsaid = 0;
    this.#log.warn(what, { from: source, ...why, ...unsaid });
  }

  #remember(key: string, nowMs: number): void {
    this.#saidMs.delete(key);
    const [oldest] = this.#saidMs.keys();
    if (this.#saidMs.size >= SOURCES_MAX && oldest !== undefined) this.#saidMs.delete(oldest);
    this.#saidMs.set(key, nowMs);
  }
}
