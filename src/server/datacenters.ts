import { type Coordinate, distanceS } from "../lib/coordinate.ts";

/** A server of any datacenter. */
export interface DatacenterServer {
  readonly datacenter: string;
  /** Undefined as long as nobody has measured it. */
  readonly coordinate: Coordinate | undefined;
}

/**
 * Names of all datacenters, the nearest first: by the median distance of their servers to `own`; the own one is first, and
 * equals are sorted by name (as Consul does).
 */
export function datacentersByDistance(
  ownDatacenter: string,
  own: Coordinate,
  servers: readonly DatacenterServer[],
): string[] {
  const distances = new Map<string, number[]>();
  for (const { datacenter, coordinate } of servers) {
    const list = distances.get(datacenter) ?? [];
    distances.set(datacenter, list);
    list.push(distanceS(own, coordinate));
  }
  distances.set(ownDatacenter, [Number.NEGATIVE_INFINITY]);
  return [...distances]
    .map(([name, list]) => ({ name, median: median(list) }))
    .sort((a, b) => compare(a.median, b.median) || compare(a.name, b.name))
    .map(({ name }) => name);
}

function median(values: number[]): number {
  return values.sort(compare)[Math.floor(values.length / 2)] ?? Number.POSITIVE_INFINITY;
}

function compare<T extends number | string>(a: T, b: T): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
