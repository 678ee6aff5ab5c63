import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Vivaldi } from "../../../../src/gossip/serf/vivaldi.ts";
import { type Coordinate, distanceS, ORIGIN } from "../../../../src/lib/coordinate.ts";
import { SeededRandom } from "../../../support/gossip/seeded-random.ts";

type Metric = (a: number, b: number) => number;

/** Nodes that each measure a random other one in each cycle, as Serf's own performance tests do. */
function simulate(
  nodes: number,
  metric: Metric,
  cycles = 1000,
): { average: number; worst: number; places: Coordinate[] } {
  const random = new SeededRandom(1, "vivaldi");
  const all = Array.from({ length: nodes }, () => new Vivaldi(random));
  for (let cycle = 0; cycle < cycles; cycle++) {
    for (const [a, vivaldi] of all.entries()) {
      const b = Math.floor(random.float() * nodes);
      const other = all[b];
      if (a !== b && other !== undefined) vivaldi.update(`node-${b}`, other.coordinate, metric(a, b));
    }
  }
  const places = all.map(({ coordinate }) => coordinate);
  const errors = places.flatMap((a, i) =>
    places.slice(i + 1).map((b, j) => Math.abs(distanceS(a, b) - metric(i, i + 1 + j)) / metric(i, i + 1 + j)),
  );
  const average = errors.reduce((sum, error) => sum + error, 0) / errors.length;
  return { average, worst: Math.max(...errors), places };
}

/** The formulas once more, plainly, after coordinate/client.go. */
class Twin {
  coordinate = { ...ORIGIN, Vec: [...ORIGIN.Vec] };
  samples = new Map<string, number[]>();
  adjustments: number[] = [];

  update(node: string, other: Coordinate, rtt: number): void {
    const samples = [...(this.samples.get(node) ?? []), rtt].slice(-3);
    this.samples.set(node, samples);
    const seconds = samples.toSorted((a, b) => a - b)[samples.length >> 1] ?? 0;
    const s = Math.max(seconds, 1e-6);
    const c = this.coordinate;
    const dist = this.#distance(c, other, true);
    const weight = c.Error / Math.max(c.Error + other.Error, 1e-6);
    const wrongness = Math.abs(dist - s) / s;
    c.Error = Math.min(0.25 * weight * wrongness + c.Error * (1 - 0.25 * weight), 1.5);
    this.#force(0.25 * weight * (s - dist), other);
    this.adjustments = [...this.adjustments, seconds - this.#distance(c, other, false)].slice(-20);
    c.Adjustment = this.adjustments.reduce((sum, value) => sum + value, 0) / 40;
    this.#force(-((this.#distance(ORIGIN, c, true) / 150) ** 2), ORIGIN);
  }
  #distance(a: Coordinate, b: Coordinate, adjusted: boolean): number {
    const raw = Math.hypot(...a.Vec.map((x, i) => x - (b.Vec[i] ?? 0))) + a.Height + b.Height;
    const sum = raw + a.Adjustment + b.Adjustment;
    return adjusted && sum > 0 ? sum : raw;
  }
  #force(force: number, other: Coordinate): void {
    const c = this.coordinate;
    const away = c.Vec.map((x, i) => x - (other.Vec[i] ?? 0));
    const length = Math.hypot(...away);
    // On top of each other the direction is chance: the same as that of a random source that always says 1.
    const unit = length > 1e-6 ? away.map((x) => x / length) : away.map(() => 1 / Math.sqrt(away.length));
    c.Vec = c.Vec.map((x, i) => x + (unit[i] ?? 0) * force);
    if (length > 1e-6) c.Height = Math.max(((c.Height + other.Height) * force) / length + c.Height, 1e-5);
  }
}

const numbersOf = ({ Vec, Error: error, Adjustment, Height }: Coordinate) => [...Vec, error, Adjustment, Height];

describe("Vivaldi", () => {
  const MS = 0.001;

  test("places converge to the round trips: within twice of what Serf's tests ask for on the same metrics", () => {
    const line = simulate(10, (a, b) => Math.abs(a - b) * 10 * MS);
    expect(line.average).toBeLessThan(0.0031 * 2);
    expect(line.worst).toBeLessThan(0.013 * 2);
    const grid = simulate(25, (a, b) => Math.hypot((a % 5) - (b % 5), Math.floor(a / 5) - Math.floor(b / 5)) * 10 * MS);
    expect(grid.average).toBeLessThan(0.0016 * 2);
    expect(grid.worst).toBeLessThan(0.023 * 2);
    const split = simulate(25, (a, b) => (a <= 12 === b <= 12 ? 1 : 11) * MS);
    expect(split.average).toBeLessThan(0.00006 * 2);
    expect(split.worst).toBeLessThan(0.00048 * 2);
  });

  test("random round trips of 100 ms with a deviation of 10 are met to 7.5 % on average", () => {
    const random = new SeededRandom(2, "metric");
    const normal = () => Math.sqrt(-2 * Math.log(1 - random.float())) * Math.cos(2 * Math.PI * random.float());
    const table = Array.from({ length: 25 }, () => Array.from({ length: 25 }, () => 0.1 + normal() * 0.01));
    const { average, worst } = simulate(25, (a, b) => table[Math.min(a, b)]?.[Math.max(a, b)] ?? 0);
    expect(average).toBeLessThan(0.075);
    expect(worst).toBeLessThan(0.33);
  });

  test("a slow access link shows as height", () => {
    const slow = 0;
    const { places, average } = simulate(25, (a, b) => (a === slow || b === slow ? 101 : Math.abs(a - b) + 1) * MS);
    const [first, ...others] = places.map(({ Height }) => Height);
    expect(first).toBeGreaterThan(10 * Math.max(...others));
    expect(average).toBeLessThan(0.1);
  });

  test("gravity pulls all towards the origin", () => {
    const { places } = simulate(4, (a, b) => (a % 2 === b % 2 ? 0.7 : 0.5), 5000);
    const centre = ORIGIN.Vec.map((_, i) => places.reduce((sum, { Vec }) => sum + (Vec[i] ?? 0), 0) / places.length);
    expect(Math.hypot(...centre)).toBeLessThan(0.25);
  });

  const length = fc.double({ min: -2, max: 2, noNaN: true });
  const place = fc.record({
    Vec: fc.array(length, { minLength: 8, maxLength: 8 }),
    Error: fc.double({ min: 0, max: 1.5, noNaN: true }),
    Adjustment: fc.double({ min: -0.1, max: 0.1, noNaN: true }),
    Height: fc.double({ min: 1e-5, max: 0.5, noNaN: true }),
  });
  const observation = fc.tuple(fc.constantFrom("a", "b", "c"), place, fc.double({ min: 0, max: 10, noNaN: true }));

  test("does what the plain formulas do", () => {
    fc.assert(
      fc.property(fc.array(observation, { maxLength: 60 }), (observations) => {
        const vivaldi = new Vivaldi({ float: () => 0.999, uuid: () => "" });
        const twin = new Twin();
        for (const [node, other, rtt] of observations) {
          // Step by step: where nodes are nearly on top of each other the last digit decides where they go.
          twin.coordinate = { ...vivaldi.coordinate, Vec: [...vivaldi.coordinate.Vec] };
          expect(vivaldi.update(node, other, rtt)).toBe(true);
          twin.update(node, other, rtt);
          const isFar = numbersOf(twin.coordinate).some((number) => Math.abs(number) > 1000);
          const expected = numbersOf(isFar ? ORIGIN : twin.coordinate);
          if (isFar) twin.adjustments = [];
          for (const [i, number] of numbersOf(vivaldi.coordinate).entries())
            expect(Math.abs(number - (expected[i] ?? 0))).toBeLessThan(1e-6 * Math.max(1, Math.abs(number)));
        }
      }),
    );
  });

  test("a single slow answer is filtered out: the median of the last three counts", () => {
    const [calm, spiked] = [0, 0].map(() => new Vivaldi(new SeededRandom(1, "filter")));
    const other: Coordinate = { ...ORIGIN, Vec: [0.01, 0, 0, 0, 0, 0, 0, 0] };
    for (let i = 0; i < 10; i++) {
      calm?.update("a", other, 0.01);
      spiked?.update("a", other, i === 5 ? 5 : 0.01);
    }
    expect(spiked?.coordinate).toEqual(calm?.coordinate as Coordinate);
    spiked?.forget("a");
    spiked?.update("a", other, 5);
    expect(distanceS(spiked?.coordinate, calm?.coordinate)).toBeGreaterThan(0.1);
  });

  test("impossible round trips and places change nothing", () => {
    const vivaldi = new Vivaldi(new SeededRandom(1, "bad"));
    const bad: [Coordinate, number][] = [
      [ORIGIN, -0.001],
      [ORIGIN, 10.001],
      [ORIGIN, Number.NaN],
      [{ ...ORIGIN, Vec: [0, 0] }, 0.01],
      [{ ...ORIGIN, Vec: [1e9, 0, 0, 0, 0, 0, 0, 0] }, 0.01],
      [{ ...ORIGIN, Vec: [Number.NaN, 0, 0, 0, 0, 0, 0, 0] }, 0.01],
      [{ ...ORIGIN, Height: Number.POSITIVE_INFINITY }, 0.01],
      [{ ...ORIGIN, Height: -1 }, 0.01],
      [{ ...ORIGIN, Error: -1 }, 0.01],
      [{ ...ORIGIN, Error: Number.NaN }, 0.01],
      [{ ...ORIGIN, Adjustment: 1e300 }, 0.01],
    ];
    for (const [other, rtt] of bad) expect(vivaldi.update("a", other, rtt)).toBe(false);
    expect(vivaldi.coordinate).toEqual(ORIGIN);
  });

  test("a place that nobody would believe is given up", () => {
    const vivaldi = new Vivaldi(new SeededRandom(1, "far"));
    const near = (x: number, Height: number) => ({ ...ORIGIN, Vec: [x, 0, 0, 0, 0, 0, 0, 0], Error: 0, Height });
    vivaldi.update("a", near(2e-6, 1), 10);
    expect(vivaldi.resets).toBe(1);
    expect(vivaldi.coordinate).toEqual(ORIGIN);
  });

  test("places of any peers never make the own one useless", () => {
    const wild = fc.double({ min: -1000, max: 1000, noNaN: true });
    const wildPlace = fc.record({
      Vec: fc.array(wild, { minLength: 8, maxLength: 8 }),
      Error: fc.double({ min: 0, max: 1e308, noNaN: true }),
      Adjustment: wild,
      Height: fc.double({ min: 0, max: 1000, noNaN: true }),
    });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(wildPlace, fc.double({ min: 0, max: 10, noNaN: true })), { maxLength: 50 }),
        (all) => {
          const vivaldi = new Vivaldi(new SeededRandom(1, "wild"));
          for (const [other, rtt] of all) vivaldi.update("a", other, rtt);
          const { Vec, Error: error, Adjustment, Height } = vivaldi.coordinate;
          expect([...Vec, error, Adjustment, Height].every(Number.isFinite)).toBe(true);
          expect(error).toBeLessThanOrEqual(1.5);
        },
      ),
    );
  });
});
