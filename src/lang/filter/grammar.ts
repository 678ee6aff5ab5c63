/**
 * The filter language of Consul 1.8. The order of alternatives and where a blank is asked for decide which error text
 * a client sees, so they follow what the real program reports (see the recorded fixture of the tests).
 */
import type { FilterExpr, MatchOperator, Selector } from "./ast.ts";
import { goUnquote } from "./go-string.ts";
import {
  ahead,
  choice,
  literal,
  many,
  map,
  notAhead,
  oneOf,
  optional,
  type Parser,
  raise,
  reject,
  rule,
  sequence,
} from "./peg.ts";

const between = (low: string, high: string) => (char: string) => char >= low && char <= high;
const lower = between("a", "z");
const upper = between("A", "Z");
const digit = between("0", "9");

const blanks = rule('"whitespace"', () =>
  many(
    oneOf("[ \\t\\r\\n]", (char) => " \t\r\n".includes(char)),
    1,
  ),
);
const space = optional(blanks);
const anyChar = oneOf(".", () => true);
const end = rule("EOF", () => notAhead(anyChar));

const rawChar = rule("RawStringChar", () => sequence(notAhead(literal("`")), anyChar));
const quotedChar = rule("DoubleStringChar", () => sequence(notAhead(literal('"')), anyChar));

const stringLiteral: Parser<string> = rule('"string"', () =>
  choice(
    map(
      choice<unknown>(
        sequence(literal("`"), many(rawChar), literal("`")),
        sequence(literal('"'), many(quotedChar), literal('"')),
      ),
      (_value, taken, state, at) => {
        const text = goUnquote(taken);
        if (text === undefined) raise(state, "invalid syntax", at);
        return text ?? "";
      },
    ),
    map(
      sequence(
        choice<unknown>(sequence(literal("`"), many(rawChar)), sequence(literal('"'), many(quotedChar))),
        end,
        reject("Unterminated string literal"),
      ),
      () => "",
    ),
  ),
);

const afterNumber = rule("AfterNumbers", () => ahead(choice<unknown>(blanks, end, literal(")"))));
const nonZero = oneOf("[1-9]", between("1", "9"));
const anyDigit = oneOf("[0-9]", digit);
const integerOrFloat = rule("IntegerOrFloat", () =>
  sequence(
    choice<unknown>(literal("0"), sequence(nonZero, many(anyDigit))),
    optional(sequence(literal("."), many(anyDigit, 1))),
  ),
);
const numberLiteral: Parser<string> = rule('"number"', () =>
  choice(
    map(sequence(optional(literal("-")), integerOrFloat, afterNumber), (_value, taken) => taken),
    map(
      sequence(optional(literal("-")), integerOrFloat, notAhead(afterNumber), reject("Invalid number literal")),
      (_value, taken) => taken,
    ),
  ),
);

const identifier: Parser<string> = rule("Identifier", () =>
  map(
    sequence(
      oneOf("[a-zA-Z]", (char) => lower(char) || upper(char)),
      many(oneOf("[a-zA-Z0-9_]", (char) => lower(char) || upper(char) || digit(char) || char === "_")),
    ),
    (_value, taken) => taken,
  ),
);

const indexExpression: Parser<string> = rule('"index"', () =>
  choice(
    map(sequence(literal("["), space, stringLiteral, space, literal("]")), ([, , key]) => key),
    map(sequence(literal("["), space, notAhead(stringLiteral), reject("Invalid index")), () => ""),
    map(
      sequence(literal("["), space, stringLiteral, space, notAhead(literal("]")), reject("Unclosed index expression")),
      () => "",
    ),
  ),
);

const selectorPart: Parser<string> = rule("SelectorOrIndex", () =>
  choice(
    map(sequence(literal("."), identifier), ([, name]) => name),
    indexExpression,
  ),
);
const selector: Parser<Selector> = rule('"selector"', () =>
  map(sequence(identifier, many(selectorPart)), ([first, rest]) => [first, ...rest]),
);
const value: Parser<string> = rule('"value"', () =>
  choice(
    map(selector, (parts) => parts.join(".")),
    numberLiteral,
    stringLiteral,
  ),
);

const symbol = (name: string, text: string, operator: MatchOperator): Parser<MatchOperator> =>
  rule(name, () => map(sequence(space, literal(text), space), () => operator));

/** An operator of words: blanks before each, and after the last unless the expression ends there. */
const words = (name: string, texts: readonly string[], operator: MatchOperator, last: boolean): Parser<MatchOperator> =>
  rule(name, () => {
    const parts: Parser<unknown>[] = texts.flatMap((text) => [blanks, literal(text)]);
    if (!last) parts.push(blanks);
    return map(sequence(...parts), () => operator);
  });

const valueOperators = choice(
  symbol("MatchEqual", "==", "Equal"),
  symbol("MatchNotEqual", "!=", "Not Equal"),
  words("MatchContains", ["contains"], "In", false),
  words("MatchNotContains", ["not", "contains"], "Not In", false),
  words("MatchMatches", ["matches"], "Matches", false),
  words("MatchNotMatches", ["not", "matches"], "Not Matches", false),
);
const emptyOperators = choice(
  words("MatchIsEmpty", ["is", "empty"], "Is Empty", true),
  words("MatchIsNotEmpty", ["is", "not", "empty"], "Is Not Empty", true),
);
const inOperators = choice(words("MatchIn", ["in"], "In", false), words("MatchNotIn", ["not", "in"], "Not In", false));

const match = (path: Selector, operator: MatchOperator, text: string | null): FilterExpr => ({
  kind: "match",
  selector: path,
  operator,
  value: text,
});
const selectorOpValue: Parser<FilterExpr> = rule('"match"', () =>
  map(sequence(selector, valueOperators, value), ([path, operator, text]) => match(path, operator, text)),
);
const selectorOp: Parser<FilterExpr> = rule('"match"', () =>
  map(sequence(selector, emptyOperators), ([path, operator]) => match(path, operator, null)),
);
const valueOpSelector: Parser<FilterExpr> = rule('"match"', () =>
  choice(
    map(sequence(value, inOperators, selector), ([text, operator, path]) => match(path, operator, text)),
    sequenceOfNothing(value, inOperators, notAhead(selector), reject("Invalid selector")),
  ),
);
const matchExpression: Parser<FilterExpr> = rule('"match"', () => choice(selectorOpValue, selectorOp, valueOpSelector));

const grouping: Parser<FilterExpr> = rule('"grouping"', () =>
  choice(
    map(sequence(literal("("), space, orExpression, space, literal(")")), ([, , inner]) => inner),
    matchExpression,
    sequenceOfNothing(
      literal("("),
      space,
      orExpression,
      space,
      notAhead(literal(")")),
      reject("Unmatched parentheses"),
    ),
  ),
);
const notExpression: Parser<FilterExpr> = rule("NotExpression", () =>
  choice(
    map(sequence(literal("not"), blanks, notExpression), ([, , operand]): FilterExpr => ({ kind: "not", operand })),
    grouping,
  ),
);
const andExpression: Parser<FilterExpr> = rule("AndExpression", () =>
  choice(
    map(
      sequence(notExpression, blanks, literal("and"), blanks, andExpression),
      ([left, , , , right]): FilterExpr => ({ kind: "and", left, right }),
    ),
    notExpression,
  ),
);
const orExpression: Parser<FilterExpr> = rule("OrExpression", () =>
  choice(
    map(
      sequence(andExpression, blanks, literal("or"), blanks, orExpression),
      ([left, , , , right]): FilterExpr => ({ kind: "or", left, right }),
    ),
    andExpression,
  ),
);

/** A whole filter. */
export const filterGrammar: Parser<FilterExpr> = rule("Input", () =>
  choice(
    map(sequence(space, literal("("), space, orExpression, space, literal(")"), space, end), ([, , , inner]) => inner),
    map(sequence(space, orExpression, space, end), ([, inner]) => inner),
  ),
);

/** A sequence that ends in a `reject` and so never matches: it only reports. */
function sequenceOfNothing(...parts: Parser<unknown>[]): Parser<never> {
  return sequence(...parts) as Parser<unknown> as Parser<never>;
}
