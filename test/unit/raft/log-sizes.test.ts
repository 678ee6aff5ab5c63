import { expect, test } from "bun:test";
import { LogSizes } from "../../../src/raft/log-sizes.ts";

const MB = 1024 * 1024;

test("tells to a megabyte how much follows an index, and where the last so many bytes begin", () => {
  const sizes = new LogSizes();
  for (let index = 1; index <= 100; index++) sizes.add(index, MB / 2);
  expect(sizes.behind(0)).toBe(50 * MB);
  expect(sizes.behind(80)).toBe(10 * MB);
  expect(sizes.behind(81)).toBe(10 * MB);
  expect(sizes.before(10 * MB)).toBe(80);
  expect(sizes.before(49.5 * MB)).toBe(0);
  sizes.forget(80);
  expect(sizes.before(10 * MB)).toBe(80);
  expect(sizes.before(11 * MB)).toBe(0);
  expect(sizes.behind(90)).toBe(5 * MB);
});
