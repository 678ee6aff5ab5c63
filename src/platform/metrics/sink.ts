import type { Labels } from "../../ports/meter.ts";

/** Where measurements go, under their full names (`consul.kvs.apply`). Must not throw and must not wait. */
export interface MetricsSink {
  count(name: string, n: number, labels: Labels): void;
  gauge(name: string, value: number, labels: Labels): void;
  sample(name: string, value: number, labels: Labels): void;
}

/** One key for a name with its labels, whatever their order. */
export function seriesKey(name: string, labels: Labels): string {
  const names = Object.keys(labels);
  if (names.length === 0) return name;
  return `${name};${names
    .sort()
    .map((label) => `${label}=${labels[label]}`)
    .join(";")}`;
}

/** Series that one sink keeps at once; whoever makes labels of user input can't fill the memory. */
export const SERIES_MAX = 10_000;
