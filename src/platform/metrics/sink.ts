import type { Labels } from "../../ports/meter.ts";

/** Where measurements go, under their full names (`consul.kvs.apply`). Must not throw and must not wait. */
export interface MetricsSink {
  count(name: string, n: number, labels: Labels): void;
  gauge(name: string, value: number, labels: Labels): void;
  /** `value` was observed `times` times. */
  sample(name: string, value: number, labels: Labels, times: number): void;
}

export const NO_LABELS: Labels = {};

/** Suffixes of label sets that came before: those of hot paths are the same object each time. */
const suffixes = new WeakMap<Labels, string>();

/** One key for a name with its labels, whatever their order. The labels must not change afterwards. */
export function seriesKey(name: string, labels: Labels): string {
  if (labels === NO_LABELS) return name;
  let suffix = suffixes.get(labels);
  if (suffix === undefined) {
    const pairs = Object.keys(labels)
      .sort()
      .map((label) => `;${label}=${labels[label]}`);
    suffix = pairs.join("");
    suffixes.set(labels, suffix);
  }
  return name + suffix;
}

/** Series that one sink keeps at once; whoever makes labels of user input can't fill the memory. */
export const SERIES_MAX = 10_000;
