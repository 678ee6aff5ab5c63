/** Measurements since the start, in Prometheus' text format 0.0.4. */
import type { Clock } from "../../ports/clock.ts";
import type { Labels } from "../../ports/meter.ts";
import { type MetricsSink, SERIES_MAX, seriesKey } from "./sink.ts";

/** Quantiles are those of the newest observations of the last 10 seconds. */
const QUANTILE_WINDOW_MS = 10_000;
const OBSERVATIONS_MAX = 512;
const QUANTILES = [0.5, 0.9, 0.99];

interface Series {
  type: "gauge" | "counter" | "summary";
  name: string;
  labels: Labels;
  /** Of a summary its sum. */
  value: number;
  count: number;
  recent: { atMs: number; value: number }[];
  touchedMs: number;
}

export class PrometheusSink implements MetricsSink {
  readonly #clock: Clock;
  readonly #retentionMs: number;
  readonly #series = new Map<string, Series>();

  /** Series that nothing was heard of for `retentionMs` are forgotten. */
  constructor(clock: Clock, retentionMs: number) {
    this.#clock = clock;
    this.#retentionMs = retentionMs;
  }

  count(name: string, n: number, labels: Labels): void {
    const series = this.#touch("counter", name, labels);
    if (series) series.value += n;
  }

  gauge(name: string, value: number, labels: Labels): void {
    const series = this.#touch("gauge", name, labels);
    if (series) series.value = value;
  }

  sample(name: string, value: number, labels: Labels, times: number): void {
    const series = this.#touch("summary", name, labels);
    if (series === undefined) return;
    series.value += value * times;
    series.count += times;
    series.recent.push({ atMs: this.#clock.monotonicMs(), value });
    if (series.recent.length >= 2 * OBSERVATIONS_MAX) series.recent.splice(0, OBSERVATIONS_MAX);
  }

  #touch(type: Series["type"], name: string, labels: Labels): Series | undefined {
    const key = `${type}:${seriesKey(name, labels)}`;
    const known = this.#series.get(key);
    const touchedMs = this.#clock.monotonicMs();
    if (known !== undefined) {
      known.touchedMs = touchedMs;
      return known;
    }
    if (this.#series.size >= SERIES_MAX) this.#expire();
    if (this.#series.size >= SERIES_MAX) return undefined;
    const fresh: Series = { type, name: safeName(name), labels, value: 0, count: 0, recent: [], touchedMs };
    this.#series.set(key, fresh);
    return fresh;
  }

  #expire(): void {
    const oldest = this.#clock.monotonicMs() - this.#retentionMs;
    for (const [key, series] of this.#series) if (series.touchedMs < oldest) this.#series.delete(key);
  }

  /** The whole exposition: families sorted by name, each with its HELP and TYPE. */
  text(): string {
    this.#expire();
    const families = Map.groupBy(this.#series.values(), (series) => series.name);
    const names = [...families.keys()].sort();
    return names.map((name) => this.#family(name, families.get(name) ?? [])).join("");
  }

  #family(name: string, members: Series[]): string {
    const type = members[0]?.type ?? "gauge";
    const lines = [`# HELP ${name} ${name}`, `# TYPE ${name} ${type}`];
    // One name has one type; whoever reuses it for another is left out.
    for (const series of members.filter((member) => member.type === type)) {
      if (type === "summary") lines.push(...this.#summary(series));
      else lines.push(`${name}${labelText(series.labels)} ${goNumber(series.value)}`);
    }
    return `${lines.join("\n")}\n`;
  }

  #summary(series: Series): string[] {
    const { name, labels } = series;
    const since = this.#clock.monotonicMs() - QUANTILE_WINDOW_MS;
    const recent = series.recent.filter((seen) => seen.atMs >= since).slice(-OBSERVATIONS_MAX);
    const sorted = recent.map((seen) => seen.value).sort((a, b) => a - b);
    const at = (quantile: number) => sorted[Math.max(0, Math.ceil(quantile * sorted.length) - 1)] ?? Number.NaN;
    const lines = QUANTILES.map(
      (quantile) => `${name}${labelText({ ...labels, quantile: String(quantile) })} ${goNumber(at(quantile))}`,
    );
    const suffix = labelText(labels);
    return [...lines, `${name}_sum${suffix} ${goNumber(series.value)}`, `${name}_count${suffix} ${series.count}`];
  }
}

function safeName(name: string): string {
  return name.replace(/[^a-zA-Z0-9_:]/g, "_");
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => {
    const escaped = value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
    return `${safeName(name)}="${escaped}"`;
  });
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function goNumber(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return "+Inf";
  if (value === Number.NEGATIVE_INFINITY) return "-Inf";
  return String(value);
}
