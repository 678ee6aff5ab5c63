import { describe, expect, test } from "bun:test";
import { firstGoJsonValue } from "../../../src/lang/go-json-errors.ts";

describe("the first value of a text with more behind it", () => {
  test.each([
    ['{"a": "}"} x', '{"a": "}"}'],
    [" [1, 2]]", " [1, 2]"],
    ['"a\\"b"c', '"a\\"b"'],
    ["true false", "true"],
  ])("%p", (text, first) => {
    expect(firstGoJsonValue(text)).toBe(first);
  });

  test.each(["", "nope", '{"a": 1', "{} ", "[1,]"])("there is none in %p, or nothing behind it", (text) => {
    expect(firstGoJsonValue(text)).toBeUndefined();
  });
});
