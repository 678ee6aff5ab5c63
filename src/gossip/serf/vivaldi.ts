import { type Coordinate, distanceS, ORIGIN, rawDistanceS } from "../../lib/coordinate.ts";
import type { Random } from "../../ports/random.ts";

const ERROR_MAX = ORIGIN.Error;
const HEIGHT_MIN_S = ORIGIN.Height;
/** How much one observation moves the confidence, and the place. */
const CE = 0.25;
const CC = 0.25;
const ADJUSTMENT_WINDOW = 20;
const LATENCY_FILTER = 3;
const GRAVITY_RHO = 150;
const ZERO = 1e-6;
const RTT_MAX_S = 10;
/** No place of a node lies farther out; one that says so would drag all others along. */
const LENGTH_MAX_S = 1000;

/**
 * This node's place in the network, moved a little by each round trip to another node so that distances become round trips
 * (Dabek et al., Vivaldi, 2004; the latency filter and gravity of Ledlie et al., 2007; the adjustment of Lee et al., 2010).
 * Constants are Serf's.
 */
export class Vivaldi {
  readonly #random: Random;
  readonly #adjustments = new Array<number>(ADJUSTMENT_WINDOW).fill(0);
  /** Newest round trips, by node. */
  readonly #latencies = new Map<string, readonly number[]>();
  #adjustmentAt = 0;
  #own: Coordinate = ORIGIN;
  #resets = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  get coordinate(): Coordinate {
    return this.#own;
  }

  /** How often the place had to be given up. */
  get resets(): number {
    return this.#resets;
  }

  /** A round trip to a node and where it says it is. False when either can't be. */
  update(node: string, other: Coordinate, rttS: number): boolean {
    if (!isValid(other) || !(rttS >= 0 && rttS <= RTT_MAX_S)) return false;
    const filteredS = this.#filter(node, rttS);
    this.#moveBy(other, filteredS);
    this.#adjust(other, filteredS);
    this.#pullHome();
    // Beside a node that is nearly on top of this one heights leap; a place that nobody would believe is worth nothing.
    if (!isValid(this.#own)) {
      this.#resets++;
      this.#own = ORIGIN;
      this.#adjustments.fill(0);
    }
    return true;
  }

  forget(node: string): void {
    this.#latencies.delete(node);
  }

  /** The median of the last three: one blip is ridden out. */
  #filter(node: string, rttS: number): number {
    const samples = [...(this.#latencies.get(node) ?? []), rttS].slice(-LATENCY_FILTER);
    this.#latencies.set(node, samples);
    return [...samples].sort((a, b) => a - b)[Math.floor(samples.length / 2)] ?? rttS;
  }

  #moveBy(other: Coordinate, filteredS: number): void {
    const own = this.#own;
    const rttS = Math.max(filteredS, ZERO);
    const distance = distanceS(own, other);
    const wrongness = Math.abs(distance - rttS) / rttS;
    const weight = own.Error / Math.max(own.Error + other.Error, ZERO);
    const error = CE * weight * wrongness + own.Error * (1 - CE * weight);
    const force = CC * weight * (rttS - distance);
    this.#own = this.#pushed({ ...own, Error: Math.min(error, ERROR_MAX) }, force, other);
  }

  /** What stays wrong on the whole, over the last observations. */
  #adjust(other: Coordinate, rttS: number): void {
    this.#adjustments[this.#adjustmentAt] = rttS - rawDistanceS(this.#own, other);
    this.#adjustmentAt = (this.#adjustmentAt + 1) % ADJUSTMENT_WINDOW;
    const sum = this.#adjustments.reduce((total, sample) => total + sample, 0);
    this.#own = { ...this.#own, Adjustment: sum / (2 * ADJUSTMENT_WINDOW) };
  }

  /** All nodes together must not drift away. */
  #pullHome(): void {
    const distance = distanceS(ORIGIN, this.#own);
    this.#own = this.#pushed(this.#own, -((distance / GRAVITY_RHO) ** 2), ORIGIN);
  }

  /** `from` pushed away from `other`. */
  #pushed(from: Coordinate, force: number, other: Coordinate): Coordinate {
    const { unit, length } = this.#direction(from.Vec, other.Vec);
    const Vec = from.Vec.map((x, i) => x + (unit[i] ?? 0) * force);
    if (length <= ZERO) return { ...from, Vec };
    const Height = Math.max(((from.Height + other.Height) * force) / length + from.Height, HEIGHT_MIN_S);
    return { ...from, Vec, Height };
  }

  /** From `other` to `own`; any direction when they are on top of each other. */
  #direction(own: readonly number[], other: readonly number[]): { unit: readonly number[]; length: number } {
    const away = own.map((x, i) => x - (other[i] ?? 0));
    const length = Math.hypot(...away);
    if (length > ZERO) return { unit: away.map((x) => x / length), length };
    const random = own.map(() => this.#random.float() - 0.5);
    const randomLength = Math.hypot(...random);
    if (randomLength > ZERO) return { unit: random.map((x) => x / randomLength), length: 0 };
    return { unit: own.map((_, i) => (i === 0 ? 1 : 0)), length: 0 };
  }
}

function isValid(place: Coordinate): boolean {
  const lengths = [...place.Vec, place.Height, place.Adjustment];
  return (
    place.Vec.length === ORIGIN.Vec.length &&
    lengths.every((length) => Math.abs(length) <= LENGTH_MAX_S) &&
    place.Height >= 0 &&
    place.Error >= 0 &&
    Number.isFinite(place.Error)
  );
}
