import { type CharTest, RegexpSyntaxError } from "./ast.ts";
import { negate, PERL_CLASSES, POSIX_CLASSES, parseUnicodeEscape } from "./classes.ts";

const CONTROL: Readonly<Record<string, number>> = { a: 7, f: 12, t: 9, n: 10, r: 13, v: 11 };

/** The bracket class that begins at `start`, and where the text goes on. Throws RegexpSyntaxError. */
export function parseBracket(text: string, start: number): { test: CharTest; next: number } {
  const tests: CharTest[] = [];
  let at = start + 1;
  const negated = text[at] === "^";
  if (negated) at++;
  for (let first = true; first || text[at] !== "]"; first = false) {
    if (at >= text.length) throw new RegexpSyntaxError("missing closing ]", text.slice(start));
    const named = namedClass(text, at);
    if (named !== null) {
      tests.push(named.test);
      at = named.next;
      continue;
    }
    const low = classChar(text, at, start);
    let high = low;
    if (text[low.next] === "-" && text[low.next + 1] !== "]" && low.next + 1 < text.length) {
      high = classChar(text, low.next + 1, start);
      if (high.code < low.code) throw new RegexpSyntaxError("invalid character class range", text.slice(at, high.next));
    }
    tests.push((code) => code >= low.code && code <= high.code);
    at = high.next;
  }
  const test: CharTest = (code) => tests.some((one) => one(code));
  return { test: negated ? negate(test) : test, next: at + 1 };
}

function namedClass(text: string, at: number): { test: CharTest; next: number } | null {
  if (text.startsWith("[:", at)) {
    const stop = text.indexOf(":]", at + 2);
    if (stop === -1) return null;
    const name = text.slice(at + 2, stop).replace(/^\^/, "");
    const test = POSIX_CLASSES[name];
    if (test === undefined) throw new RegexpSyntaxError("invalid character class range", text.slice(at, stop + 2));
    return { test: text[at + 2] === "^" ? negate(test) : test, next: stop + 2 };
  }
  if (text[at] !== "\\") return null;
  const letter = text[at + 1] ?? "";
  if (letter === "p" || letter === "P") return parseUnicodeEscape(text, at);
  const perl = PERL_CLASSES[letter];
  return perl === undefined ? null : { test: perl, next: at + 2 };
}

function classChar(text: string, at: number, start: number): { code: number; next: number } {
  if (at >= text.length) throw new RegexpSyntaxError("missing closing ]", text.slice(start));
  if (text[at] === "\\") return parseEscapedCode(text, at);
  const code = text.codePointAt(at) ?? 0;
  return { code, next: at + (code > 0xffff ? 2 : 1) };
}

/** The single character that the escape at `at` stands for. Throws RegexpSyntaxError. */
export function parseEscapedCode(text: string, at: number): { code: number; next: number } {
  const letter = text[at + 1];
  if (letter === undefined) throw new RegexpSyntaxError("trailing backslash at end of expression", "");
  const control = CONTROL[letter];
  if (control !== undefined) return { code: control, next: at + 2 };
  const numeric = /\\(?:x([0-9a-fA-F]{2})|x\{([0-9a-fA-F]+)\}|(0[0-7]{0,2}|[1-7][0-7]{1,2}))/y;
  numeric.lastIndex = at;
  const found = numeric.exec(text);
  if (found !== null) {
    const code =
      found[3] === undefined ? Number.parseInt(found[1] ?? found[2] ?? "", 16) : Number.parseInt(found[3], 8);
    if (code <= 0x10ffff) return { code, next: numeric.lastIndex };
  } else if (letter.charCodeAt(0) < 0x80 && !/\w/.test(letter)) {
    return { code: letter.charCodeAt(0), next: at + 2 };
  } else if (letter === "_") {
    return { code: 0x5f, next: at + 2 };
  }
  const shown = letter === "x" ? (/\\x\{?[0-9a-fA-F]*.?/.exec(text.slice(at))?.[0] ?? "\\x") : `\\${letter}`;
  throw new RegexpSyntaxError("invalid escape sequence", shown);
}
