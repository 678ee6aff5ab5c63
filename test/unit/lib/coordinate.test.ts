import { describe, expect, test } from "bun:test";
import { type Coordinate, distanceS, sortByDistance } from "../../../src/lib/coordinate.ts";

const at = (x: number, parts: Partial<Coordinate> = {}): Coordinate => ({
  Vec: [x, 0],
  Error: 1,
  Adjustment: 0,
  Height: 0,
  ...parts,
});

describe("distance of coordinates", () => {
  test("is the Euclidean one plus both heights, corrected by both adjustments", () => {
    expect(distanceS(at(0, { Vec: [0, 3] }), at(4))).toBe(5);
    expect(distanceS(at(0, { Height: 1 }), at(1, { Height: 2 }))).toBe(4);
    expect(distanceS(at(0, { Adjustment: 0.5 }), at(1, { Adjustment: 0.25 }))).toBe(1.75);
  });

  test("leaves the adjustments out when they would make it negative or nothing", () => {
    expect(distanceS(at(0, { Adjustment: -1 }), at(1, { Adjustment: -1 }))).toBe(1);
  });

  test("is infinite without a coordinate or with other dimensions", () => {
    expect(distanceS(undefined, at(1))).toBe(Number.POSITIVE_INFINITY);
    expect(distanceS(at(1), at(1, { Vec: [1] }))).toBe(Number.POSITIVE_INFINITY);
  });

  test("sorting puts the nearest first and what has no coordinate last, ties in their order", () => {
    const places: Record<string, Coordinate> = { far: at(9), near: at(1), same: at(-1) };
    const items = ["lost", "far", "near", "same", "gone"];
    expect(sortByDistance(items, at(0), (item) => places[item])).toEqual(["near", "same", "far", "lost", "gone"]);
  });
});
