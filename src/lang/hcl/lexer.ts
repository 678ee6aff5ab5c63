/** Words of HCL 1: https://github.com/hashicorp/hcl/tree/hcl1 describes the language that Consul's files use. */
import { HclError } from "./error.ts";
import { unquoteHcl } from "./unquote.ts";

export type Punctuation = "{" | "}" | "[" | "]" | "=" | ",";

export type Token = { readonly at: number } & (
  | { readonly kind: "punctuation"; readonly text: Punctuation }
  | { readonly kind: "name"; readonly text: string }
  | { readonly kind: "string"; readonly text: string }
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "bool"; readonly value: boolean }
  | { readonly kind: "end" }
);

const BLANK = /(?:[ \t\r\n]+|#[^\n]*|\/\/[^\n]*)+/y;
const NAME = /[\p{L}_][\p{L}\p{Nd}_.-]*/uy;
const NUMBER = /-?(?:0[xX][0-9a-fA-F]+|(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)/y;
const HEREDOC = /<<(-?)([\p{L}\p{Nd}_]+)[ \t]*\r?\n/uy;
const PUNCTUATION = "{}[]=,";

/** Reads one token after another; throws HclError where the text is none. */
export class Lexer {
  readonly text: string;
  #at = 0;

  constructor(text: string) {
    this.text = text;
    if (text.charCodeAt(0) === 0xfeff) this.#at = 1;
  }

  next(): Token {
    this.#skipBlank();
    const at = this.#at;
    const char = this.text[at];
    if (char === undefined) return { kind: "end", at };
    if (PUNCTUATION.includes(char)) {
      this.#at++;
      return { kind: "punctuation", text: char as Punctuation, at };
    }
    if (char === '"') return { kind: "string", text: this.#string(), at };
    if (char === "<") return { kind: "string", text: this.#heredoc(), at };
    const name = this.#take(NAME);
    if (name === "true" || name === "false") return { kind: "bool", value: name === "true", at };
    if (name !== undefined) return { kind: "name", text: name, at };
    const number = this.#take(NUMBER);
    if (number !== undefined) return { kind: "number", value: this.#number(number, at), at };
    throw new HclError(this.text, at, `illegal character ${JSON.stringify(char)}`);
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #skipBlank(): void {
    for (;;) {
      this.#take(BLANK);
      if (!this.text.startsWith("/*", this.#at)) return;
      const stop = this.text.indexOf("*/", this.#at + 2);
      if (stop === -1) throw new HclError(this.text, this.#at, "comment not terminated");
      this.#at = stop + 2;
    }
  }

  #number(text: string, at: number): number {
    const digits = text.replace("-", "");
    if (/^0\d+$/.test(digits)) {
      if (!/^0[0-7]+$/.test(digits)) throw new HclError(this.text, at, `illegal octal number ${text}`);
      return sign(text) * Number.parseInt(digits, 8);
    }
    return sign(text) * Number(digits);
  }

  /** A quoted text. Quotes inside `${ }` belong to the interpolation, which is kept as it stands. */
  #string(): string {
    const start = this.#at;
    let braces = 0;
    for (let at = start + 1; at < this.text.length; at++) {
      const char = this.text[at];
      if (char === "\n" && braces === 0) break;
      if (char === '"' && braces === 0) {
        this.#at = at + 1;
        const raw = this.text.slice(start + 1, at);
        const plain = unquoteHcl(raw);
        if (plain === undefined)
          throw new HclError(this.text, start, `illegal escape in string ${JSON.stringify(raw)}`);
        return plain;
      }
      if (braces === 0 && char === "$" && this.text[at + 1] === "{") {
        braces = 1;
        at++;
      } else if (braces > 0 && char === "{") braces++;
      else if (braces > 0 && char === "}") braces--;
      else if (char === "\\" && braces === 0) at++;
    }
    throw new HclError(this.text, start, "literal not terminated");
  }

  /** A text of whole lines up to the line that holds the mark; `<<-` takes off the indentation they share. */
  #heredoc(): string {
    const start = this.#at;
    HEREDOC.lastIndex = start;
    const opening = HEREDOC.exec(this.text);
    if (opening === null) throw new HclError(this.text, start, "expected a heredoc: <<MARK and a line end");
    const mark = opening[2] as string;
    const lines: string[] = [];
    for (let at = HEREDOC.lastIndex; at <= this.text.length; ) {
      const stop = this.text.indexOf("\n", at);
      const end = stop === -1 ? this.text.length : stop;
      const line = this.text.slice(at, end);
      if (line.trim() === mark) {
        this.#at = end;
        return joinLines(lines, opening[1] === "-" ? (/^[ \t]*/.exec(line)?.[0] ?? "") : "");
      }
      if (stop === -1) break;
      lines.push(`${line}\n`);
      at = end + 1;
    }
    throw new HclError(this.text, start, "heredoc not terminated");
  }
}

function sign(text: string): number {
  return text[0] === "-" ? -1 : 1;
}

/** Takes `indent`, that of the closing mark, off every line, or off none when a line has less. */
function joinLines(lines: readonly string[], indent: string): string {
  const all = indent !== "" && lines.every((line) => line.startsWith(indent));
  return lines.map((line) => (all ? line.slice(indent.length) : line)).join("");
}
