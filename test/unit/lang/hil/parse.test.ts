// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the language of the templates
import { expect, test } from "bun:test";
import { HilError } from "../../../../src/lang/hil/ast.ts";
import { parseHil } from "../../../../src/lang/hil/parse.ts";

test("a text without interpolations is one text, and $$ stands for $", () => {
  expect(parseHil("abc")).toMatchObject({ kind: "text", value: "abc" });
  expect(parseHil("")).toMatchObject({ kind: "text", value: "" });
  expect(parseHil("a$${b}$c$")).toMatchObject({ kind: "text", value: "a${b}$c$" });
});

test("positions count lines and columns from 1", () => {
  expect(parseHil("ab\nc${ x }")).toMatchObject({
    parts: [{ value: "ab\nc" }, { name: "x", at: { line: 2, column: 5 } }],
  });
});

test("operators bind alike and from the left (observed, Consul 1.8.7)", () => {
  expect(parseHil("${1 + 2 * 3}")).toMatchObject({
    parts: [{ kind: "math", operator: "*", left: { kind: "math", operator: "+" }, right: { value: 3 } }],
  });
});

test("names take dots, hyphens and a star behind a dot", () => {
  expect(parseHil("${a-b.*.c_1}")).toMatchObject({ parts: [{ kind: "variable", name: "a-b.*.c_1" }] });
  expect(parseHil("${f(1, x)}")).toMatchObject({
    parts: [{ kind: "call", name: "f", args: [{ value: 1 }, { name: "x" }] }],
  });
  expect(parseHil("${x[0]}")).toMatchObject({ parts: [{ kind: "index", name: "x", key: { value: 0 } }] });
});

test.each([
  "${",
  "${}",
  "a${b",
  "${f(1}",
  "${1 +}",
  "${a;b}",
  '${"abc}',
  "${1 < 2}",
  "${a ? b : c}",
  `${"${(".repeat(100)}`,
])("%s is an error of syntax", (text) => {
  expect(() => parseHil(text)).toThrow(new HilError("parse error: syntax error"));
});
