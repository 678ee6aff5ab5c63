import { type Expression, HilError, type Operator, type Position } from "./ast.ts";

/** Interpolations, quotes and brackets inside each other. */
const DEPTH_MAX = 64;
const OPERATORS = "+-*/%";
/** `*` belongs to a name only behind a dot (`a.*.b`), else it multiplies. */
const NAME_CHAR = /[\p{L}\p{N}_.-]/u;

/**
 * Reads a template of HIL, HashiCorp's language of `${...}`, as Consul 1.8 does (observed): all operators bind alike and
 * from the left, `$$` stands for `$`, and every error of syntax reads the same. Throws HilError.
 */
export function parseHil(text: string): Expression {
  return new Parser(text).template();
}

class Parser {
  readonly #chars: readonly string[];
  #pos = 0;
  #line = 1;
  #column = 1;
  #depth = 0;

  constructor(text: string) {
    this.#chars = [...text];
  }

  template(): Expression {
    return this.#sequence(undefined);
  }

  /** Texts and interpolations up to the closing quote, or to the end when there is none. */
  #sequence(quote: '"' | undefined): Expression {
    const at = this.#position();
    const parts: Expression[] = [];
    let textAt = at;
    let text = "";
    const endText = () => {
      if (text !== "") parts.push({ kind: "text", value: text, at: textAt });
      text = "";
    };
    for (;;) {
      const char = this.#peek();
      if (char === undefined || char === quote) {
        if (char !== quote) throw syntaxError();
        if (quote !== undefined) this.#next();
        break;
      }
      if (char === "$" && this.#peek(1) === "{") {
        endText();
        parts.push(this.#interpolation());
        textAt = this.#position();
        continue;
      }
      text += this.#textChar(quote !== undefined);
    }
    endText();
    const [only] = parts;
    if (only === undefined) return { kind: "text", value: "", at };
    return parts.length === 1 && only.kind === "text" ? only : { kind: "template", parts, at };
  }

  #textChar(quoted: boolean): string {
    const char = this.#next();
    if (char === "$" && this.#peek() === "$") return this.#next();
    if (!quoted || char !== "\\") return char;
    const escaped = this.#next();
    if (escaped === "n") return "\n";
    return escaped === '"' || escaped === "\\" ? escaped : char + escaped;
  }

  #interpolation(): Expression {
    this.#next();
    this.#next();
    const inner = this.#nested(() => this.#expression());
    this.#expect("}");
    return inner;
  }

  #expression(): Expression {
    let left = this.#term();
    for (let operator = this.#operator(); operator !== undefined; operator = this.#operator()) {
      left = { kind: "math", operator, left, right: this.#term(), at: left.at };
    }
    return left;
  }

  #operator(): Operator | undefined {
    const char = this.#peekBehindBlanks();
    if (char === undefined || !OPERATORS.includes(char)) return undefined;
    this.#next();
    return char as Operator;
  }

  #term(): Expression {
    const char = this.#peekBehindBlanks();
    const at = this.#position();
    if (char === undefined) throw syntaxError();
    if (char === "(") {
      this.#next();
      const inner = this.#nested(() => this.#expression());
      this.#expect(")");
      return inner;
    }
    if (char === '"') {
      this.#next();
      return this.#nested(() => this.#sequence('"'));
    }
    if (char >= "0" && char <= "9") return this.#number(at);
    const operator = this.#operator();
    // A sign is that of a number that is taken from 0.
    if (operator !== undefined) {
      const right = this.#nested(() => this.#term());
      return { kind: "math", operator, left: { kind: "int", value: 0, at }, right, at };
    }
    return this.#named(at);
  }

  #number(at: Position): Expression {
    let digits = this.#digits();
    if (this.#peek() !== ".") return { kind: "int", value: Number(digits), at };
    digits += this.#next() + this.#digits();
    return { kind: "float", value: Number(digits), at };
  }

  #digits(): string {
    let digits = "";
    for (let char = this.#peek(); char !== undefined && char >= "0" && char <= "9"; char = this.#peek())
      digits += this.#next();
    return digits;
  }

  #named(at: Position): Expression {
    const name = this.#name();
    if (name === "") throw syntaxError();
    const next = this.#peekBehindBlanks();
    if (next === "(") {
      this.#next();
      return { kind: "call", name, args: this.#nested(() => this.#args()), at };
    }
    if (next !== "[") return { kind: "variable", name, at };
    this.#next();
    const key = this.#nested(() => this.#expression());
    this.#expect("]");
    return { kind: "index", name, key, at };
  }

  #name(): string {
    let name = "";
    for (let char = this.#peek(); char !== undefined; char = this.#peek()) {
      if (!NAME_CHAR.test(char) && !(char === "*" && name.endsWith("."))) break;
      name += this.#next();
    }
    return name;
  }

  #args(): Expression[] {
    const args: Expression[] = [];
    if (this.#peekBehindBlanks() !== ")") {
      args.push(this.#expression());
      while (this.#peekBehindBlanks() === ",") {
        this.#next();
        args.push(this.#expression());
      }
    }
    this.#expect(")");
    return args;
  }

  #nested<T>(read: () => T): T {
    if (++this.#depth > DEPTH_MAX) throw syntaxError();
    const result = read();
    this.#depth--;
    return result;
  }

  #expect(char: string): void {
    if (this.#peekBehindBlanks() !== char) throw syntaxError();
    this.#next();
  }

  #peekBehindBlanks(): string | undefined {
    for (let char = this.#peek(); char !== undefined && /\s/.test(char); char = this.#peek()) this.#next();
    return this.#peek();
  }

  #peek(ahead = 0): string | undefined {
    return this.#chars[this.#pos + ahead];
  }

  #next(): string {
    const char = this.#chars[this.#pos];
    if (char === undefined) throw syntaxError();
    this.#pos++;
    if (char === "\n") {
      this.#line++;
      this.#column = 1;
    } else this.#column++;
    return char;
  }

  #position(): Position {
    return { line: this.#line, column: this.#column };
  }
}

function syntaxError(): HilError {
  return new HilError("parse error: syntax error");
}
