import type { Labels, Meter } from "../../ports/meter.ts";
import { type MetricsSink, NO_LABELS } from "./sink.ts";

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

/** Names whose verdict is remembered. */
const NAMES_MAX = 10_000;

/** Gives names their prefix, drops what the filters block, and hands the rest to all sinks. */
export class MeterFanout implements Meter {
  readonly #sinks: readonly MetricsSink[];
  readonly #prefix: string;
  readonly #gaugePrefix: string;
  #filterDefault: boolean;
  readonly #rules: [prefix: string, isAllowed: boolean][] = [];
  /** The full names of what passes, undefined for what doesn't; joining texts anew would cost more than the sinks. */
  readonly #fullNames = new Map<string, string | undefined>();

  constructor(options: FanoutOptions) {
    this.#sinks = options.sinks;
    this.#prefix = `${options.prefix}.`;
    this.#gaugePrefix = options.hostname === undefined ? this.#prefix : `${this.#prefix}${options.hostname}.`;
    this.#filterDefault = options.filterDefault;
    this.setFilters(options);
  }

  /** Takes other filters, as a reload does. Rules without a sign are ignored. */
  setFilters({ prefixFilter: rules, filterDefault }: Pick<FanoutOptions, "prefixFilter" | "filterDefault">): void {
    this.#filterDefault = filterDefault;
    this.#rules.length = 0;
    this.#fullNames.clear();
    for (const rule of rules) if (/^[+-]./.test(rule)) this.#rules.push([rule.slice(1), rule[0] === "+"]);
    this.#rules.sort(([a], [b]) => b.length - a.length);
  }

  count(name: string, n = 1, labels: Labels = NO_LABELS): void {
    const full = this.#fullName(name);
    if (full !== undefined) for (const sink of this.#sinks) sink.count(full, n, labels);
  }

  gauge(name: string, value: number, labels: Labels = NO_LABELS): void {
    if (this.#fullName(name) === undefined) return;
    for (const sink of this.#sinks) sink.gauge(this.#gaugePrefix + name, value, labels);
  }

  sample(name: string, value: number, labels: Labels = NO_LABELS, times = 1): void {
    const full = this.#fullName(name);
    if (full !== undefined) for (const sink of this.#sinks) sink.sample(full, value, labels, times);
  }

  #fullName(name: string): string | undefined {
    const known = this.#fullNames.get(name);
    if (known !== undefined || this.#fullNames.has(name)) return known;
    const full = this.#prefix + name;
    const rule = this.#rules.find(([prefix]) => full.startsWith(prefix));
    const passes = rule === undefined ? this.#filterDefault : rule[1];
    if (this.#fullNames.size < NAMES_MAX) this.#fullNames.set(name, passes ? full : undefined);
    return passes ? full : undefined;
  }
}
