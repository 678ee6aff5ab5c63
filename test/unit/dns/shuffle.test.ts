import { expect, test } from "bun:test";
import { shuffled } from "../../../src/dns/shuffle.ts";
import { seededRandom } from "../../support/dns/world.ts";

test("dns: a shuffle leaves the original alone and makes every order about equally often", () => {
  const random = seededRandom(11);
  const items = ["a", "b", "c"];
  const counts = new Map<string, number>();
  for (let i = 0; i < 6000; i++) {
    const order = shuffled(items, random).join("");
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  expect(items).toEqual(["a", "b", "c"]);
  expect(counts.size).toBe(6);
  for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
});
