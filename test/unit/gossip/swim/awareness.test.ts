import { expect, test } from "bun:test";
import { Awareness } from "../../../../src/gossip/swim/awareness.ts";

test("the score stays from 0 to below the end (memberlist's TestAwareness)", () => {
  const awareness = new Awareness(8, () => undefined);
  const scores = [0, -1, -10, 1, -1, 10, -1, -1, -1, -1, -1, -1, -1, -1].map((delta) => {
    awareness.apply(delta);
    return awareness.score;
  });
  expect(scores).toEqual([0, 0, 0, 1, 0, 7, 6, 5, 4, 3, 2, 1, 0, 0]);
});

test("times grow with the score: one that is healthy changes none", () => {
  const awareness = new Awareness(8, () => undefined);
  expect(awareness.scaledMs(1000)).toBe(1000);
  awareness.apply(10);
  expect(awareness.scaledMs(1000)).toBe(8000);
});

test("a change is told, and only a change", () => {
  const told: number[] = [];
  const awareness = new Awareness(3, (score) => told.push(score));
  for (const delta of [0, -1, 1, 5, 1, -9]) awareness.apply(delta);
  expect(told).toEqual([1, 2, 0]);
});

test("with an end of 1 there is no awareness", () => {
  const awareness = new Awareness(1, () => undefined);
  awareness.apply(4);
  expect(awareness.score).toBe(0);
});
