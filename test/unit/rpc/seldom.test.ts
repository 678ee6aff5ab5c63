import { expect, test } from "bun:test";
import { Seldom } from "../../../src/rpc/seldom.ts";

test("the same thing is said once in each period, another thing at once", () => {
  let nowMs = 0;
  const seldom = new Seldom(() => nowMs, 1000);
  expect([seldom.may("a"), seldom.may("a"), seldom.may("b")]).toEqual([true, false, true]);
  nowMs = 999;
  expect(seldom.may("a")).toBe(false);
  nowMs = 1000;
  expect([seldom.may("a"), seldom.may("a")]).toEqual([true, false]);
});

test("a flood of different things forgets the oldest ones only", () => {
  const seldom = new Seldom(() => 0, 1000);
  for (let at = 0; at <= 256; at++) seldom.may(`${at}`);
  expect([seldom.may("256"), seldom.may("2"), seldom.may("0")]).toEqual([false, false, true]);
});
