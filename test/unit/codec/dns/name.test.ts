import { describe, expect, test } from "bun:test";
import { isSimpleName, nameLabels, splitLabels } from "../../../../src/codec/dns/name.ts";

describe("dns: names", () => {
  test("labels are split at dots that are not escaped", () => {
    expect(splitLabels("")).toEqual([]);
    expect(splitLabels("a.b")).toEqual(["a", "b"]);
    expect(splitLabels("a\\.b.c")).toEqual(["a\\.b", "c"]);
  });

  test("escapes become bytes, other characters UTF-8", () => {
    expect(nameLabels("a\\.b.\\255é")?.map((label) => [...label])).toEqual([
      [97, 46, 98],
      [255, 0xc3, 0xa9],
    ]);
    expect(nameLabels("")).toEqual([]);
  });

  test("empty labels, labels over 63 bytes and names over 255 bytes cannot go on the wire", () => {
    for (const name of ["a..b", ".a", "a.", "x".repeat(64), "é".repeat(32), "abcd.".repeat(51)]) {
      expect(nameLabels(name)).toBeUndefined();
      expect(isSimpleName(name)).toBe(false);
    }
    expect(nameLabels("x".repeat(63))).toHaveLength(1);
  });

  test("only ASCII without escapes is simple", () => {
    expect(isSimpleName("a-b.c_d")).toBe(true);
    expect(isSimpleName("")).toBe(true);
    expect(isSimpleName("é")).toBe(false);
    expect(isSimpleName("a\\.b")).toBe(false);
  });
});
