import type { Labels, Meter } from "../../ports/meter.ts";
import type { MetricsSink } from "./sink.ts";

export interface FanoutOptions {
  /** Consul's `metrics_prefix`: `consul`. */
  prefix: string;
  /** Put after the prefix of gauges, when set, as Consul does for its statsd sinks. */
  hostname?: string;
  /** Consul's `prefix_filter`: `+consul.raft` allows, `-consul.http` blocks; the longest that fits decides. */
  prefixFilter: readonly string[];
  /** Whether names that no filter fits are let through. */
  filterDefault: boolean;
  sinks: readonly MetricsSink[];
}

const NO_LABELS: Labels = {};
/** Names whose verdict is remembered. */
const VERDICTS_MAX = 10_000;

/** Gives names their prefix, drops what the filters block, and hands the rest to all sinks. */
export class MeterFanout implements Meter {
  readonly #sinks: readonly MetricsSink[];
  readonly #prefix: string;
  readonly #gaugePrefix: string;
  readonly #filterDefault: boolean;
  readonly #rules: [prefix: string, isAllowed: boolean][] = [];
  readonly #verdicts = new Map<string, boolean>();

  constructor(options: FanoutOptions) {
    this.#sinks = options.sinks;
    this.#prefix = `${options.prefix}.`;
    this.#gaugePrefix = options.hostname === undefined ? this.#prefix : `${this.#prefix}${options.hostname}.`;
    this.#filterDefault = options.filterDefault;
    this.setPrefixFilter(options.prefixFilter);
  }

  /** Takes other filters, as a reload does. Rules without a sign are ignored. */
  setPrefixFilter(rules: readonly string[]): void {
    this.#rules.length = 0;
    this.#verdicts.clear();
    for (const rule of rules) if (/^[+-]./.test(rule)) this.#rules.push([rule.slice(1), rule[0] === "+"]);
    this.#rules.sort(([a], [b]) => b.length - a.length);
  }

  count(name: string, n = 1, labels: Labels = NO_LABELS): void {
    const full = this.#prefix + name;
    if (this.#passes(full)) for (const sink of this.#sinks) sink.count(full, n, labels);
  }

  gauge(name: string, value: number, labels: Labels = NO_LABELS): void {
    if (!this.#passes(this.#prefix + name)) return;
    for (const sink of this.#sinks) sink.gauge(this.#gaugePrefix + name, value, labels);
  }

  sample(name: string, value: number, labels: Labels = NO_LABELS): void {
    const full = this.#prefix + name;
    if (this.#passes(full)) for (const sink of this.#sinks) sink.sample(full, value, labels);
  }

  #passes(name: string): boolean {
    if (this.#rules.length === 0) return this.#filterDefault;
    const known = this.#verdicts.get(name);
    if (known !== undefined) return known;
    const rule = this.#rules.find(([prefix]) => name.startsWith(prefix));
    const verdict = rule === undefined ? this.#filterDefault : rule[1];
    if (this.#verdicts.size < VERDICTS_MAX) this.#verdicts.set(name, verdict);
    return verdict;
  }
}
