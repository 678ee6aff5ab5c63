/** Character classes of RE2: Perl's, POSIX's and Unicode's. */
import { type CharTest, RegexpSyntaxError } from "./ast.ts";

const within = (low: string, high: string): CharTest => {
  const [from, to] = [low.charCodeAt(0), high.charCodeAt(0)];
  return (code) => code >= from && code <= to;
};
const either =
  (...tests: CharTest[]): CharTest =>
  (code) =>
    tests.some((test) => test(code));

/** The class of code points outside `test`. */
export const negate =
  (test: CharTest): CharTest =>
  (code) =>
    !test(code);

const digit = within("0", "9");
const lower = within("a", "z");
const upper = within("A", "Z");
const alpha = either(lower, upper);
const oneOfText = (chars: string): CharTest => {
  const codes = new Set([...chars].map((char) => char.charCodeAt(0)));
  return (code) => codes.has(code);
};
/** `\w`, and what makes a word's edge. */
export const isWordChar = either(alpha, digit, oneOfText("_"));

/** By the letter after the backslash; the upper-case letter is the complement. */
export const PERL_CLASSES: Readonly<Record<string, CharTest>> = {
  d: digit,
  s: oneOfText("\t\n\f\r "),
  w: isWordChar,
  D: negate(digit),
  S: negate(oneOfText("\t\n\f\r ")),
  W: negate(isWordChar),
};

const graph = within("!", "~");
/** By the name inside `[:name:]`. */
export const POSIX_CLASSES: Readonly<Record<string, CharTest>> = {
  alnum: either(alpha, digit),
  alpha,
  ascii: (code) => code < 0x80,
  blank: oneOfText("\t "),
  cntrl: (code) => code < 0x20 || code === 0x7f,
  digit,
  graph,
  lower,
  print: within(" ", "~"),
  punct: (code) => graph(code) && !alpha(code) && !digit(code),
  space: oneOfText("\t\n\v\f\r "),
  upper,
  word: isWordChar,
  xdigit: either(digit, within("a", "f"), within("A", "F")),
};

/** A general category or a script. Throws when there is none of that name; `part` is what was written. */
function unicodeClass(name: string, part: string): CharTest {
  if (name === "Any") return () => true;
  for (const property of [`gc=${name}`, `Script=${name}`]) {
    const regexp = unicodeProperty(property);
    if (regexp !== null) return (code) => regexp.test(String.fromCodePoint(code));
  }
  throw new RegexpSyntaxError("invalid character class range", part);
}

function unicodeProperty(property: string): RegExp | null {
  if (!/^(?:gc=[A-Z][a-z]?|Script=[A-Z][A-Za-z_]+)$/.test(property)) return null;
  try {
    return new RegExp(`^\\p{${property}}$`, "u");
  } catch {
    return null;
  }
}

/** `test` without regard to case, as far as single characters go. */
export function foldCase(test: CharTest): CharTest {
  return (code) => {
    if (test(code)) return true;
    const char = String.fromCodePoint(code);
    const [small, large] = [char.toLowerCase(), char.toUpperCase()];
    return isOne(small, test) || isOne(large, test);
  };
}

function isOne(text: string, test: CharTest): boolean {
  const code = text.codePointAt(0) ?? 0;
  return String.fromCodePoint(code).length === text.length && test(code);
}

/** `\pL`, `\p{Greek}` and their complements at `at`. */
export function parseUnicodeEscape(text: string, at: number): { test: CharTest; next: number } {
  const syntax = /\\([pP])(?:\{(\^?)([^}]*)\}|(\w))/y;
  syntax.lastIndex = at;
  const found = syntax.exec(text);
  if (found === null) throw new RegexpSyntaxError("invalid character class range", text.slice(at));
  const test = unicodeClass(found[3] ?? found[4] ?? "", found[0]);
  const complement = (found[1] === "P") !== (found[2] === "^");
  return { test: complement ? negate(test) : test, next: syntax.lastIndex };
}
