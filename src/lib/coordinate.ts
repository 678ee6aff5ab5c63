/** A network coordinate (Vivaldi with height and adjustment, as Serf computes it). Lengths are seconds of round trip. */
export interface Coordinate {
  readonly Vec: number[];
  readonly Error: number;
  readonly Adjustment: number;
  readonly Height: number;
}

/** Where every node begins (Serf): nowhere in particular, and not at all sure of it. */
export const ORIGIN: Coordinate = { Vec: [0, 0, 0, 0, 0, 0, 0, 0], Error: 1.5, Adjustment: 0, Height: 1e-5 };

/**
 * Estimated round trip in seconds: the Euclidean distance plus both heights (the access links), corrected by both
 * adjustments unless that makes it negative (Dabek et al., Vivaldi, 2004; Lee et al., 2010). Infinity when one is missing
 * or the dimensions differ.
 */
export function distanceS(a: Coordinate | undefined, b: Coordinate | undefined): number {
  if (a === undefined || b === undefined || a.Vec.length !== b.Vec.length) return Number.POSITIVE_INFINITY;
  const raw = rawDistanceS(a, b);
  const adjusted = raw + a.Adjustment + b.Adjustment;
  return adjusted > 0 ? adjusted : raw;
}

/** The distance without the adjustments, of two coordinates with the same dimensions. */
export function rawDistanceS(a: Coordinate, b: Coordinate): number {
  let squares = 0;
  for (const [i, x] of a.Vec.entries()) squares += (x - (b.Vec[i] ?? 0)) ** 2;
  return Math.sqrt(squares) + a.Height + b.Height;
}

/** `items` nearest first; ties and items without a coordinate (last) keep their order. */
export function sortByDistance<T>(
  items: readonly T[],
  from: Coordinate,
  coordinateOf: (item: T) => Coordinate | undefined,
): T[] {
  const measured = items.map((item) => ({ item, distance: distanceS(from, coordinateOf(item)) }));
  // Infinity minus Infinity is NaN, hence the comparison in place of a difference.
  measured.sort((a, b) => (a.distance === b.distance ? 0 : a.distance < b.distance ? -1 : 1));
  return measured.map(({ item }) => item);
}
