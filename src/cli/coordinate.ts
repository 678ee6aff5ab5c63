/** A node's place in the cluster's network space; lengths are seconds of round trip time. */
export interface Coordinate {
  readonly Vec: readonly number[];
  readonly Height: number;
  readonly Adjustment: number;
}

const MS_PER_S = 1000;

/**
 * Estimated round trip time in milliseconds: the distance of the vectors plus both heights, corrected by both adjustments
 * unless that would not be positive (Dabek et al., Vivaldi; Ledlie et al. for the adjustment). Throws when the two come
 * from spaces of different dimensions.
 */
export function roundTripMs(a: Coordinate, b: Coordinate): number {
  if (a.Vec.length !== b.Vec.length) throw new Error("coordinates have different dimensions");
  const distance = Math.hypot(...a.Vec.map((value, at) => value - (b.Vec[at] ?? 0))) + a.Height + b.Height;
  const adjusted = distance + a.Adjustment + b.Adjustment;
  return (adjusted > 0 ? adjusted : distance) * MS_PER_S;
}
