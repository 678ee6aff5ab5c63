import { expect, test } from "bun:test";
import fc from "fast-check";
import { timeBytes, timeOf } from "../../../../src/state/federation-states/go-time.ts";

test("a time is read as Consul 1.8.7 wrote it, to the nanosecond", () => {
  const bytes = new Uint8Array([1, 0, 0, 0, 0x0e, 0xe2, 0x93, 0xec, 0xe6, 0x1c, 0xca, 0xa6, 0x3f, 0xff, 0xff]);
  expect(timeOf(bytes)).toBe("2026-11-21T19:49:58.483042879Z");
  expect(timeBytes("2026-11-21T19:49:58.483042879Z")).toEqual(bytes);
});

test("any time goes there and back; digits that say nothing are left out", () => {
  const seconds = fc.integer({ min: -60_000_000_000, max: 250_000_000_000 });
  fc.assert(
    fc.property(seconds, fc.integer({ min: 0, max: 999_999_999 }), (s, ns) => {
      const fraction = String(ns).padStart(9, "0").replace(/0+$/, "");
      const text = `${new Date(s * 1000).toISOString().slice(0, 19)}${fraction === "" ? "" : `.${fraction}`}Z`;
      if (text.startsWith("+") || text.startsWith("-")) return;
      expect(timeOf(timeBytes(text))).toBe(text);
    }),
  );
});

test("bytes that are no time are that of nobody, whatever they are", () => {
  expect(timeOf(null)).toBe("0001-01-01T00:00:00Z");
  expect(timeOf(timeBytes("yesterday"))).toBe("0001-01-01T00:00:00Z");
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 20 }), (bytes) => {
      expect(timeOf(bytes)).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
    }),
  );
});
