import { expect, test } from "bun:test";
import { roundTripMs } from "../../../src/cli/coordinate.ts";

const at = (Vec: number[], Height = 0, Adjustment = 0) => ({ Vec, Height, Adjustment });

test("round trip: the distance of the vectors and both heights, in milliseconds", () => {
  expect(roundTripMs(at([0, 0], 0.001), at([0.003, 0.004], 0.002))).toBeCloseTo(8, 9);
});

test("round trip: adjustments correct it, unless the result would not be positive", () => {
  expect(roundTripMs(at([0.01], 0, -0.002), at([0], 0, -0.003))).toBeCloseTo(5, 9);
  expect(roundTripMs(at([0.01], 0, -0.02), at([0]))).toBeCloseTo(10, 9);
});

test("round trip: coordinates of different dimensions can't be compared", () => {
  expect(() => roundTripMs(at([0]), at([0, 0]))).toThrow("coordinates have different dimensions");
});
