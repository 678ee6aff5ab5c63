import { describe, expect, test } from "bun:test";
import fc from "fast-check";
// @ts-expect-error: the package has no types
import { parse as oracleParse } from "js-hcl-parser";
import { HclError } from "../../../../src/lang/hcl/error.ts";
import { HCL_CHARS_MAX, parseHcl } from "../../../../src/lang/hcl/parse.ts";

/** Undefined where HashiCorp's parser refuses. */
function oracle(text: string): unknown {
  const answer: string = oracleParse(text);
  return answer.startsWith("{") ? JSON.parse(answer) : undefined;
}

describe("a document means what HashiCorp's parser says", () => {
  const documents = [
    "a = 1",
    'service "web" { port = 80 }',
    "service { a = 1 } service { a = 2 }",
    'service "web" { port = 80 }\nservice "db" { port = 81 }\nservice "web" { port = 82 }',
    'a = [1, "b", true,]',
    "a = []",
    "a = <<EOF\nx\n y\nEOF\n",
    "a = <<-EOF\n   x\n    y\n  EOF\n",
    "a = <<-EOF\n x\n    y\n  EOF\nb = 1",
    "a = <<EOF\nEOF\n",
    "a { b { c = 1 } }",
    "a = { b = 1, c = 2 }",
    "a = 0x1F\nb = 010\nc = 1.5e3\nd = -5\ne = .5\nf = 00\ng = 1e2",
    'a "b" "c" { d = 1 }',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: an interpolation of HCL
    'a = "x\\n\\t\\"\\\\\\u00e9 ${foo("x")} end"',
    "a = 1\na = 2",
    "a = [1]\na = [2]",
    "a = [{b=1},{b=2}]\na = [{c=3}]",
    "a = {b=1}\na = {c=2}",
    "a {}\na = []",
    "a = [{a=1}]\na {b=2}",
    "# one\n// two\n/* three\n */ a = 1 # four",
    '"a b" = 1\na.b = 2\na-b = 3',
    "a = [[1, 2], [3]]",
    "a { }",
    "",
    "a = true, b = false,",
    'key_prefix "foo/" { policy = "read" }\nnode "" { policy = "write" }',
    "é = 1",
    "a = 1\r\nb = 2\r\n",
  ];
  for (const text of documents) test(JSON.stringify(text), () => expect(parseHcl(text)).toEqual(oracle(text) as never));
});

const name = fc
  .stringMatching(/^[a-z][a-z0-9_]{0,5}$/)
  .filter((text) => !["true", "false", "constructor"].includes(text));
// The first letter of a key tells its type: given two types of scalars, HashiCorp's parser turns the later into the earlier.
const scalar = fc.oneof(
  fc.integer({ min: -1e9, max: 1e9 }).map((n) => ["i", String(n)]),
  fc.boolean().map((value) => ["b", String(value)]),
  fc.integer({ min: 0, max: 65535 }).map((n) => ["i", `0x${n.toString(16)}`]),
  fc.double({ min: 0.5, max: 1000, noNaN: true }).map((n) => ["f", n.toFixed(3)]),
  fc.stringMatching(/^[ -!#-[\]-z|~éü]{0,12}$/).map((text) => ["s", JSON.stringify(text)]),
  fc.stringMatching(/^[a-z \n]{0,20}$/).map((text) => ["s", `<<EOT\n${text}\nEOT\n`]),
);
const { body } = fc.letrec<{ body: string; item: string; value: string }>((tie) => ({
  body: fc.array(tie("item"), { maxLength: 4 }).map((items) => items.join("\n")),
  item: fc.oneof(
    { maxDepth: 4 },
    fc.tuple(name, scalar).map(([key, [type, value]]) => `${type}_${key} = ${value}`),
    fc.tuple(name, tie("value")).map(([key, value]) => `${key} = ${value}`),
    fc
      .tuple(name, fc.array(name, { maxLength: 2 }), tie("body"))
      .map(([key, labels, inner]) => `${key} ${labels.map((label) => `"${label}"`).join(" ")} {\n${inner}\n}`),
  ),
  value: fc.oneof(
    { maxDepth: 4 },
    fc
      .array(
        fc.oneof(
          fc.integer().map(String),
          name.map((text) => `"${text}"`),
        ),
        { maxLength: 3 },
      )
      .map((items) => `[${items.join(", ")}]`),
    tie("body").map((inner) => `{\n${inner}\n}`),
  ),
}));

test("generated documents mean what HashiCorp's parser says", () => {
  fc.assert(
    fc.property(body, (text) => {
      const expected = oracle(text);
      if (expected === undefined) return;
      expect(parseHcl(text)).toEqual(expected as never);
    }),
    { numRuns: 400 },
  );
});

describe("what is no HCL is refused with its place", () => {
  const bad: [string, string][] = [
    ["a = ", "At 1:5: expected a value, got the end of the text"],
    ["a = 1\nb", "At 2:2: key 'b' expected start of object ('{') or assignment ('='), got the end of the text"],
    ["ports { http = 1 ", "At 1:18: object expected closing brace, got the end of the text"],
    ['a = "x', "At 1:5: literal not terminated"],
    ['a = "x\ny"', "At 1:5: literal not terminated"],
    ['a = "\\q"', 'At 1:5: illegal escape in string "\\\\q"'],
    ["a = <<EOF\nx\n", "At 1:5: heredoc not terminated"],
    ["/* x", "At 1:1: comment not terminated"],
    ["a = 08", "At 1:5: illegal octal number 08"],
    ["a = [1 2]", "At 1:8: list expected a comma or its end, got 2"],
    ["a = TRUE", 'At 1:5: expected a value, got "TRUE"'],
    ["}", 'At 1:1: object expected a key, got "}"'],
    ['a "b" = 1', "At 1:7: nested object expected: { got: ="],
    ["a = {b=1}\na = 5", "At 2:1: key 'a' is given both as one value and as an object or list"],
    ["a = 5\na = [1]", "At 2:1: key 'a' is given both as one value and as an object or list"],
    ["é = ;", 'At 1:5: illegal character ";"'],
  ];
  for (const [text, message] of bad) test(JSON.stringify(text), () => expect(() => parseHcl(text)).toThrow(message));
});

describe("a hostile document gets an answer", () => {
  const piece = fc.constantFrom(
    "a",
    "{",
    "}",
    "[",
    "]",
    "=",
    ",",
    '"',
    "\\",
    "${",
    "<<E\n",
    "<<-",
    "E",
    "\n",
    "/*",
    "*/",
    "#",
    "1",
    "0x",
    "-",
    ".",
    " ",
  );
  test("any text parses or is an HclError", () => {
    const text = fc.oneof(
      fc.string(),
      fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join("")),
    );
    fc.assert(
      fc.property(text, (document) => {
        try {
          expect(parseHcl(document)).toBeObject();
        } catch (error) {
          if (!(error instanceof HclError)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });

  test("deep nesting and great length are refused", () => {
    expect(() => parseHcl("a {".repeat(5000))).toThrow("nested deeper");
    expect(() => parseHcl(`a = ${"[".repeat(5000)}`)).toThrow("nested deeper");
    expect(() => parseHcl(`${'{"a":'.repeat(5000)}1${"}".repeat(5000)}`)).toThrow("nested deeper");
    expect(() => parseHcl("#".repeat(HCL_CHARS_MAX + 1))).toThrow("exceeds");
  });

  test("a key of every object's prototype is an ordinary key", () => {
    expect(Object.keys(parseHcl("__proto__ { a = 1 }\nconstructor = 2"))).toEqual(["__proto__", "constructor"]);
  });
});

test("a text that begins with a brace is JSON", () => {
  const text = '{"key": {"foo": {"policy": "read"}}, "list": [1, {"a": {}}], "n": null}';
  expect(parseHcl(text)).toEqual({ key: [{ foo: [{ policy: "read" }] }], list: [1, { a: [{}] }], n: null });
});
