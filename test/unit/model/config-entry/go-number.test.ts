import { expect, test } from "bun:test";
import fc from "fast-check";
import {
  decimalOf,
  parseGoFloat32,
  parseGoInt,
  shortestFloat32,
  wrapped,
} from "../../../../src/model/config-entry/go-number.ts";

test.each([
  ["0", 0],
  ["-0", 0],
  ["+12", 12],
  ["0x1F", 31],
  ["0b1_1", 3],
  ["0o17", 15],
  ["017", 15],
  ["0_7", 7],
  ["1_000", 1000],
  ["9223372036854775807", Number.MAX_SAFE_INTEGER],
])("the integer %s is %d", (text, value) => {
  expect(Math.abs(parseGoInt(text, "int") - value)).toBe(0);
});

test.each(["", "+", "0x", "08", "1__0", "_1", "1_", "1.5", "1e3", " 1", "0b2", "--1"])("%p is no integer", (text) => {
  expect(() => parseGoInt(text, "int")).toThrow(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
});

test("integers without a sign take none, and each type has its range", () => {
  expect(() => parseGoInt("-1", "uint32")).toThrow('strconv.ParseUint: parsing "-1": invalid syntax');
  expect(() => parseGoInt("4294967296", "uint32")).toThrow("value out of range");
  expect(() => parseGoInt("9223372036854775808", "int")).toThrow("value out of range");
  expect(parseGoInt("4294967295", "uint32")).toBe(2 ** 32 - 1);
});

test.each([
  [1.9, "int", 1],
  [-1.9, "int", -1],
  [-1, "uint32", 2 ** 32 - 1],
  [5e9, "uint32", 705032704],
  [1e19, "uint32", 2313682944],
  [1e30, "uint32", 0],
  [1e30, "int64", -(2 ** 63)],
  [1e30, "int", -Number.MAX_SAFE_INTEGER],
] as const)("%d as %s is %d (observed, Consul 1.8.7)", (value, type, expected) => {
  expect(wrapped(value, type)).toBe(expected);
});

test("a float32 is printed by the fewest digits that mean it", () => {
  expect([33.33, 0.1, 99.99, 1e-7, 0, 100].map(shortestFloat32)).toEqual([33.33, 0.1, 99.99, 1e-7, 0, 100]);
  fc.assert(
    fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const short = shortestFloat32(value);
      expect(Math.fround(short) === value).toBe(true);
      expect(String(short).length).toBeLessThanOrEqual(String(value).length);
    }),
  );
});

test("texts of floats are read as Go reads them", () => {
  expect(["1e2", ".5", "5.", "-1.25"].map(parseGoFloat32)).toEqual([100, 0.5, 5, -1.25]);
  for (const text of ["", "x", "0x64", "1e", "."]) expect(() => parseGoFloat32(text)).toThrow("invalid syntax");
  expect(() => parseGoFloat32("1e300")).toThrow("value out of range");
});

test("a number as a text has no exponent", () => {
  expect([1.5, 1e30, -2.5e21, 1.5e-7, 0, 1.2345678901234567e19].map(decimalOf)).toEqual([
    "1.5",
    "1000000000000000000000000000000",
    "-2500000000000000000000",
    "0.00000015",
    "0",
    "12345678901234567000",
  ]);
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      expect(decimalOf(value)).toMatch(/^-?\d+(\.\d+)?$/);
      expect(Number(decimalOf(value)) === value).toBe(true);
    }),
  );
});
