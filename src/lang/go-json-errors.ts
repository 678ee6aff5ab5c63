/**
 * The text of Go's `encoding/json` for a document that `JSON.parse` refused: scripts and tests match on these.
 * A small scanner with Go's states; it reads only as far as the first fault.
 */
const EOF = "unexpected end of JSON input";

/** Words of the fault in `text`, which must not be valid JSON. An empty document is `EOF`, a cut one `unexpected EOF`. */
export function goJsonSyntaxError(text: string): string {
  if (text.trim() === "") return "EOF";
  const scanner = new Scanner(text);
  try {
    scanner.value();
    scanner.skipSpace();
    return scanner.atEnd() ? "unexpected EOF" : scanner.invalid("after top-level value");
  } catch (fault) {
    if (!(fault instanceof Fault)) throw fault;
    return fault.message === EOF ? "unexpected EOF" : fault.message;
  }
}

/**
 * The text of the first value, for who reads no further than that as Go's decoder of streams does, of a document with more
 * behind it; undefined where that one is at fault or all there is.
 */
export function firstGoJsonValue(text: string): string | undefined {
  const scanner = new Scanner(text);
  try {
    scanner.value();
    const first = text.slice(0, scanner.at);
    return first.length < text.trimEnd().length ? first : undefined;
  } catch (fault) {
    if (fault instanceof Fault) return undefined;
    throw fault;
  }
}

class Fault extends Error {}

const DEPTH_MAX = 10_000;

class Scanner {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get at(): number {
    return this.#at;
  }

  atEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  skipSpace(): void {
    while (" \t\r\n".includes(this.#text[this.#at] ?? "x")) this.#at++;
  }

  invalid(context: string): string {
    const code = this.#text.codePointAt(this.#at) ?? 0;
    const char = String.fromCodePoint(code);
    const quoted = char === "'" ? `'\\''` : char === '"' ? `'"'` : `'${JSON.stringify(char).slice(1, -1)}'`;
    return `invalid character ${quoted} ${context}`;
  }

  value(): void {
    this.skipSpace();
    const char = this.#peek();
    if (char === "{") this.#object();
    else if (char === "[") this.#array();
    else if (char === '"') this.#string();
    else if (char === "-" || isDigit(char)) this.#number();
    else if (char === "t") this.#literal("true");
    else if (char === "f") this.#literal("false");
    else if (char === "n") this.#literal("null");
    else this.#fail("looking for beginning of value");
  }

  #peek(): string {
    const char = this.#text[this.#at];
    if (char === undefined) throw new Fault(EOF);
    return char;
  }

  #fail(context: string): never {
    this.#peek();
    throw new Fault(this.invalid(context));
  }

  #deeper(): void {
    this.#at++;
    if (++this.#depth > DEPTH_MAX) throw new Fault("exceeded max depth");
  }

  #object(): void {
    this.#deeper();
    this.skipSpace();
    if (this.#closes("}")) return;
    for (;;) {
      this.skipSpace();
      if (this.#peek() !== '"') this.#fail("looking for beginning of object key string");
      this.#string();
      this.skipSpace();
      if (this.#peek() !== ":") this.#fail("after object key");
      this.#at++;
      this.value();
      this.skipSpace();
      if (this.#closes("}")) return;
      if (this.#peek() !== ",") this.#fail("after object key:value pair");
      this.#at++;
    }
  }

  #array(): void {
    this.#deeper();
    this.skipSpace();
    if (this.#closes("]")) return;
    for (;;) {
      this.value();
      this.skipSpace();
      if (this.#closes("]")) return;
      if (this.#peek() !== ",") this.#fail("after array element");
      this.#at++;
    }
  }

  /** Steps over the closing bracket when it is next. */
  #closes(bracket: string): boolean {
    if (this.#peek() !== bracket) return false;
    this.#at++;
    this.#depth--;
    return true;
  }

  #string(): void {
    this.#at++;
    for (;;) {
      const char = this.#peek();
      if (char === '"') {
        this.#at++;
        return;
      }
      if (char < " ") this.#fail("in string literal");
      this.#at++;
      if (char === "\\") this.#escape();
    }
  }

  #escape(): void {
    if (this.#peek() === "u") {
      this.#at++;
      for (let i = 0; i < 4; i++, this.#at++) {
        if (!/[0-9a-fA-F]/.test(this.#peek())) this.#fail("in \\u hexadecimal character escape");
      }
      return;
    }
    if (!'"\\/bfnrt'.includes(this.#peek())) this.#fail("in string escape code");
    this.#at++;
  }

  #number(): void {
    if (this.#peek() === "-") this.#at++;
    if (!isDigit(this.#peek())) this.#fail("in numeric literal");
    if (this.#peek() === "0") this.#at++;
    else this.#digits();
    if (this.#text[this.#at] === ".") {
      this.#at++;
      if (!isDigit(this.#peek())) this.#fail("after decimal point in numeric literal");
      this.#digits();
    }
    if (/[eE]/.test(this.#text[this.#at] ?? "")) {
      this.#at++;
      if (/[+-]/.test(this.#peek())) this.#at++;
      if (!isDigit(this.#peek())) this.#fail("in exponent of numeric literal");
      this.#digits();
    }
  }

  #digits(): void {
    while (isDigit(this.#text[this.#at] ?? "")) this.#at++;
  }

  #literal(word: string): void {
    for (const [i, expected] of Array.from(word).entries()) {
      if (this.#peek() !== expected) {
        this.#fail(i === 0 ? "looking for beginning of value" : `in literal ${word} (expecting '${expected}')`);
      }
      this.#at++;
    }
  }
}

function isDigit(char: string): boolean {
  return char >= "0" && char <= "9";
}
