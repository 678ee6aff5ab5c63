import { expect, test } from "bun:test";
import type { ReadQuery } from "../../../src/http/query-schema.ts";
import { readOptions } from "../../../src/http/read-options.ts";

const limits = { defaultQueryTimeMs: 1000, maxQueryTimeMs: 2000 };
const consistencyOf = (query: Partial<ReadQuery>, discoveryMaxStaleMs = 0, isDiscovery = true) => {
  const { consistency, maxStaleMs } = readOptions(query, { ...limits, discoveryMaxStaleMs }, () => 0, isDiscovery);
  return maxStaleMs === undefined ? consistency : `${consistency} ${maxStaleMs}`;
};

test("what a query says of consistency (observed, Consul 1.8.7)", () => {
  expect(consistencyOf({})).toBe("default");
  expect(consistencyOf({ stale: true })).toBe("stale");
  expect(consistencyOf({ consistent: true })).toBe("consistent");
  expect(consistencyOf({ max_stale: "10s" })).toBe("stale 10000");
  expect(consistencyOf({ stale: true, max_stale: "1ms" })).toBe("stale 1");
  expect(consistencyOf({ stale: true, max_stale: "0s" })).toBe("stale");
  for (const max_stale of ["0s", "-1s", ""]) expect(consistencyOf({ max_stale })).toBe("default");
});

test("discovery_max_stale is for discovery, and for reads that say nothing", () => {
  expect(consistencyOf({}, 500)).toBe("stale 500");
  expect(consistencyOf({}, 500, false)).toBe("default");
  expect(consistencyOf({ leader: true }, 500)).toBe("default");
  expect(consistencyOf({ cached: true }, 500)).toBe("default");
  expect(consistencyOf({ consistent: true }, 500)).toBe("consistent");
  expect(consistencyOf({ max_stale: "1s" }, 500)).toBe("stale 1000");
});

test.each([
  [{ stale: true, consistent: true }, "Cannot specify ?stale with ?consistent, conflicting semantics."],
  [{ max_stale: "1s", consistent: true }, "Cannot specify ?stale with ?consistent, conflicting semantics."],
  [{ cached: true, consistent: true }, "Cannot specify ?cached with ?consistent, conflicting semantics."],
  [{ max_stale: "x" }, 'Invalid max_stale value "x"'],
  [{ index: "x" }, "Invalid index"],
  [{ wait: "x" }, "Invalid wait time"],
] satisfies [Partial<ReadQuery>, string][])("%p is refused in Consul's words", (query, text) => {
  expect(() => readOptions(query, limits, () => 0)).toThrow(text);
});
