import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { RegexpSyntaxError } from "../../../../src/lang/re2/ast.ts";
import { compileRegexp } from "../../../../src/lang/re2/regexp.ts";
import recorded from "../../../fixtures/re2.json";

interface Recorded {
  pattern: string;
  error?: string;
  found?: (number[] | null)[];
}

const patterns: Recorded[] = recorded.patterns;
const utf8 = new TextEncoder();

/** Go counts bytes. */
function inBytes(text: string, slots: readonly number[] | null): number[] | null {
  return slots?.map((slot) => (slot < 0 ? -1 : utf8.encode(text.slice(0, slot)).length)) ?? null;
}

describe("a pattern finds what Go's regexp finds, with the same groups", () => {
  for (const { pattern, found } of patterns)
    if (found !== undefined)
      test(pattern, () => {
        const regexp = compileRegexp(pattern);
        expect(recorded.texts.map((text) => inBytes(text, regexp.exec(text)))).toEqual(found);
        expect(recorded.texts.map((text) => regexp.test(text))).toEqual(found.map((slots) => slots !== null));
      });
});

describe("a bad pattern is refused in Go's words", () => {
  for (const { pattern, error } of patterns)
    if (error !== undefined) test(pattern, () => expect(() => compileRegexp(pattern)).toThrow(error));
});

test("a pattern that makes backtracking engines hang answers", () => {
  const text = `${"a".repeat(5000)}b`;
  expect(compileRegexp("(a+)+$").test(text)).toBe(false);
  expect(compileRegexp("(a|aa)*c").test(text)).toBe(false);
  expect(compileRegexp("(x+x+)+y").test("x".repeat(5000))).toBe(false);
});

test("a search may begin inside the text and still sees what is before it", () => {
  expect(compileRegexp("^a").exec("aa", 1)).toBeNull();
  expect(compileRegexp("a").exec("aba", 1)).toEqual([2, 3]);
});

test("patterns over the limits are refused", () => {
  expect(() => compileRegexp("a".repeat(20_000))).toThrow("expression too large");
  expect(() => compileRegexp("(".repeat(5000))).toThrow(RegexpSyntaxError);
  expect(() => compileRegexp("(?:abcdefghijklmnopqrstuvwxyz){999}")).toThrow("expression too large");
});

test("any text is a pattern or a syntax error", () => {
  const piece = fc.constantFrom(
    "a",
    "b",
    "(",
    ")",
    "[",
    "]",
    "^",
    "$",
    "*",
    "+",
    "?",
    "{",
    "}",
    "1",
    ",",
    "|",
    "\\",
    "-",
    "(?",
    ":",
    "i",
    "p",
    "é",
  );
  const text = fc.oneof(
    fc.string(),
    fc.array(piece, { maxLength: 20 }).map((pieces) => pieces.join("")),
  );
  fc.assert(
    fc.property(text, (pattern) => {
      try {
        expect(compileRegexp(pattern).test("ab-ba 1é")).toBeBoolean();
      } catch (error) {
        if (!(error instanceof RegexpSyntaxError)) throw error;
      }
    }),
    { numRuns: 1000 },
  );
});
