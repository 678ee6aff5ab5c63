/** Measurements by intervals of 10 seconds, as `/v1/agent/metrics` shows them. */
import type { Clock } from "../../ports/clock.ts";
import type { Labels } from "../../ports/meter.ts";
import { type MetricsSink, SERIES_MAX, seriesKey } from "./sink.ts";

export const INTERVAL_MS = 10_000;

interface Aggregate {
  name: string;
  labels: Labels;
  count: number;
  sum: number;
  sumSquares: number;
  min: number;
  max: number;
}

interface Interval {
  startMs: number;
  gauges: Map<string, { name: string; labels: Labels; value: number }>;
  counters: Map<string, Aggregate>;
  samples: Map<string, Aggregate>;
}

export interface MetricsGauge {
  Name: string;
  Value: number;
  Labels: Labels;
}

export interface MetricsAggregate {
  Name: string;
  Count: number;
  Rate: number;
  Sum: number;
  Min: number;
  Max: number;
  Mean: number;
  Stddev: number;
  Labels: Labels;
}

/** The answer of `/v1/agent/metrics`. */
export interface MetricsSummary {
  Timestamp: string;
  Gauges: MetricsGauge[];
  Points: never[];
  Counters: MetricsAggregate[];
  Samples: MetricsAggregate[];
}

export class InMemorySink implements MetricsSink {
  readonly #clock: Clock;
  #current: Interval;
  #finished: Interval | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#current = emptyInterval(this.#startMs());
  }

  count(name: string, n: number, labels: Labels): void {
    add(this.#now().counters, name, n, labels, 1);
  }

  sample(name: string, value: number, labels: Labels, times: number): void {
    add(this.#now().samples, name, value, labels, times);
  }

  gauge(name: string, value: number, labels: Labels): void {
    const { gauges } = this.#now();
    const key = seriesKey(name, labels);
    if (gauges.has(key) || gauges.size < SERIES_MAX) gauges.set(key, { name, labels, value });
  }

  /**
   * The last finished interval, or the running one while there is none; sorted by name. Gauges are the newest of both, as
   * who asks may have them measured just before.
   */
  summary(): MetricsSummary {
    const running = this.#now();
    const interval = this.#finished ?? running;
    const newest = new Map([...interval.gauges, ...running.gauges]);
    const gauges = [...newest.values()].map(({ name, labels, value }) => ({
      Name: name,
      Value: value,
      Labels: labels,
    }));
    return {
      Timestamp: `${new Date(interval.startMs).toISOString().slice(0, 19).replace("T", " ")} +0000 UTC`,
      Gauges: gauges.sort(byName),
      Points: [],
      Counters: [...interval.counters.values()].map(summarize).sort(byName),
      Samples: [...interval.samples.values()].map(summarize).sort(byName),
    };
  }

  #startMs(): number {
    const now = this.#clock.nowMs();
    return now - (now % INTERVAL_MS);
  }

  #now(): Interval {
    const startMs = this.#startMs();
    if (startMs !== this.#current.startMs) {
      this.#finished = this.#current;
      this.#current = emptyInterval(startMs);
    }
    return this.#current;
  }
}

function emptyInterval(startMs: number): Interval {
  return { startMs, gauges: new Map(), counters: new Map(), samples: new Map() };
}

function add(series: Map<string, Aggregate>, name: string, value: number, labels: Labels, times: number): void {
  const key = seriesKey(name, labels);
  const sum = value * times;
  const known = series.get(key);
  if (known === undefined) {
    const fresh = { name, labels, count: times, sum, sumSquares: value * sum, min: value, max: value };
    if (series.size < SERIES_MAX) series.set(key, fresh);
    return;
  }
  known.count += times;
  known.sum += sum;
  known.sumSquares += value * sum;
  known.min = Math.min(known.min, value);
  known.max = Math.max(known.max, value);
}

function summarize(aggregate: Aggregate): MetricsAggregate {
  const { name, labels, count, sum, sumSquares, min, max } = aggregate;
  const variance = count > 1 ? Math.max(0, (count * sumSquares - sum * sum) / (count * (count - 1))) : 0;
  return {
    Name: name,
    Count: count,
    Rate: sum / (INTERVAL_MS / 1000),
    Sum: sum,
    Min: min,
    Max: max,
    Mean: sum / count,
    Stddev: Math.sqrt(variance),
    Labels: labels,
  };
}

function byName(a: { Name: string }, b: { Name: string }): number {
  return a.Name < b.Name ? -1 : a.Name > b.Name ? 1 : 0;
}
