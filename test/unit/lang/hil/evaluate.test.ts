// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the language of the templates
import { expect, test } from "bun:test";
import { evaluateHil } from "../../../../src/lang/hil/evaluate.ts";
import { parseHil } from "../../../../src/lang/hil/parse.ts";

const scope = {
  variables: { "name.full": "geo-db" },
  functions: { match: (group: number) => ["all", "one"][group] ?? "" },
};
const evaluated = (text: string) => evaluateHil(parseHil(text), scope);

test.each([
  ["plain", "plain"],
  ["a-${name.full}-b", "a-geo-db-b"],
  ["${match(1)}", "one"],
  ["${match(9)}", ""],
  ['${match("1")}', "one"],
  ["${match(2 - 1)}", "one"],
  ["${match(1.9)}", "one"],
  ["${1 + 2}", "3"],
  ["${1 + 2 * 3}", "9"],
  ["${(1 + 2) * 3}", "9"],
  ["${7 / 2}", "3"],
  ["${-7 / 2}", "-3"],
  ["${7 % 4}", "3"],
  ["${1.5 + 1}", "2.5"],
  ["${1 + 1.5}", "2"],
  ["${1.0}", "1"],
  ['${"1" + 2}', "3"],
  ['${"x${name.full}y"}', "xgeo-dby"],
  ['${"a\\"b\\n"}', 'a"b\n'],
  ['${"\\t"}', "\\t"],
  ["a$$b$$$c", "a$b$$c"],
])("%s is %s (observed, Consul 1.8.7)", (text, expected) => {
  expect(evaluated(text)).toBe(expected);
});

test.each([
  ["${bogus}", "1:3: unknown variable accessed: bogus"],
  ["${toString}", "1:3: unknown variable accessed: toString"],
  ["${bogus(1)}", "1:3: unknown function called: bogus"],
  ["${match()}", "1:3: match: expected 1 arguments, got 0"],
  ["${match(1, 2)}", "1:3: match: expected 1 arguments, got 2"],
  ['${match("a")}', '__builtin_StringToInt: strconv.ParseInt: parsing "a": invalid syntax'],
  ['${1.5 + "a"}', '__builtin_StringToFloat: strconv.ParseFloat: parsing "a": invalid syntax'],
  ["${name.full[0]}", "At column 3, line 1: invalid index operation into non-indexable type: TypeString"],
  ["${1 / 0}", "__builtin_IntMath: divide by zero"],
  ["${1.5 % 1}", "At column 3, line 1: modulo cannot be used with floats"],
])("%s is refused: %s", (text, expected) => {
  expect(() => evaluated(text)).toThrow(expected);
});
