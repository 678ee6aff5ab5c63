/** Parser of RE2's syntax, with the refusals of Go's `regexp/syntax`. */
import { type CharTest, type Node, RegexpSyntaxError } from "./ast.ts";
import { foldCase, PERL_CLASSES, parseUnicodeEscape } from "./classes.ts";
import { parseBracket, parseEscapedCode } from "./parse-class.ts";

/** Greatest bound of `{n,m}`, of nested ones their product: Go's own limit. */
const REPEAT_MAX = 1000;
/** Deepest nesting of groups, so that the stack is never at risk: Go's own limit. */
const GROUP_DEPTH_MAX = 1000;

interface Flags {
  fold: boolean;
  dotAll: boolean;
  multiLine: boolean;
  ungreedy: boolean;
}

export interface Parsed {
  readonly node: Node;
  /** Names of the groups by index; index 0 is the whole match; empty when a group has none. */
  readonly groupNames: readonly string[];
}

/** Parses `pattern`; throws RegexpSyntaxError. */
export function parseRegexp(pattern: string): Parsed {
  const parser = new Parser(pattern);
  return { node: parser.whole(), groupNames: parser.groupNames };
}

class Parser {
  readonly text: string;
  readonly groupNames: string[] = [""];
  at = 0;
  depth = 0;
  flags: Flags = { fold: false, dotAll: false, multiLine: false, ungreedy: false };

  constructor(text: string) {
    this.text = text;
  }

  whole(): Node {
    const node = this.alternatives();
    if (this.at < this.text.length) throw new RegexpSyntaxError("unexpected )", this.text);
    return node;
  }

  alternatives(): Node {
    const options = [this.sequence()];
    while (this.text[this.at] === "|") {
      this.at++;
      options.push(this.sequence());
    }
    return options.length === 1 ? (options[0] as Node) : { kind: "choice", options };
  }

  sequence(): Node {
    const items: Node[] = [];
    while (this.at < this.text.length && !"|)".includes(this.text[this.at] as string)) {
      if (this.text.startsWith("\\Q", this.at)) {
        this.quotedText(items);
        const last = items.pop();
        if (last !== undefined) items.push(this.repeated(last));
        continue;
      }
      const atom = this.atom();
      if (atom === null) continue;
      items.push(this.repeated(atom));
    }
    return items.length === 1 ? (items[0] as Node) : { kind: "sequence", items };
  }

  quotedText(items: Node[]): void {
    const stop = this.text.indexOf("\\E", this.at + 2);
    const end = stop === -1 ? this.text.length : stop;
    for (const char of this.text.slice(this.at + 2, end)) items.push(this.char(char.codePointAt(0) ?? 0));
    this.at = stop === -1 ? end : end + 2;
  }

  char(code: number): Node {
    const test: CharTest = (other) => other === code;
    return { kind: "char", test: this.flags.fold ? foldCase(test) : test };
  }

  /** One thing that may be repeated; null for a group that only sets flags. */
  atom(): Node | null {
    const char = String.fromCodePoint(this.text.codePointAt(this.at) ?? 0);
    switch (char) {
      case "(":
        return this.group();
      case "[": {
        const { test, next } = parseBracket(this.text, this.at);
        this.at = next;
        return { kind: "char", test: this.flags.fold ? foldCase(test) : test };
      }
      case "\\":
        return this.escape();
      case "*":
      case "+":
      case "?":
        throw new RegexpSyntaxError("missing argument to repetition operator", this.operatorAt(this.at).text);
      case "^":
        this.at++;
        return { kind: "assert", what: this.flags.multiLine ? "lineStart" : "textStart" };
      case "$":
        this.at++;
        return { kind: "assert", what: this.flags.multiLine ? "lineEnd" : "textEnd" };
      case ".": {
        this.at++;
        return { kind: "char", test: this.flags.dotAll ? () => true : (code) => code !== 10 };
      }
    }
    if (char === "{" && this.bounds(this.at) !== null)
      throw new RegexpSyntaxError("missing argument to repetition operator", this.operatorAt(this.at).text);
    this.at += char.length;
    return this.char(char.codePointAt(0) ?? 0);
  }

  escape(): Node {
    const letter = this.text[this.at + 1];
    const assertion = ({ A: "textStart", z: "textEnd", b: "wordEdge", B: "notWordEdge" } as const)[letter as "A"];
    if (assertion !== undefined) {
      this.at += 2;
      return { kind: "assert", what: assertion };
    }
    const perl = letter === undefined ? undefined : PERL_CLASSES[letter];
    if (perl !== undefined) {
      this.at += 2;
      return { kind: "char", test: perl };
    }
    if (letter === "p" || letter === "P") {
      const { test, next } = parseUnicodeEscape(this.text, this.at);
      this.at = next;
      return { kind: "char", test: this.flags.fold ? foldCase(test) : test };
    }
    const { code, next } = parseEscapedCode(this.text, this.at);
    this.at = next;
    return this.char(code);
  }

  group(): Node | null {
    const start = this.at;
    if (++this.depth > GROUP_DEPTH_MAX) throw new RegexpSyntaxError("expression nests too deeply", this.text);
    const outer = { ...this.flags };
    let index = -1;
    if (this.text[start + 1] === "?") {
      const named = /\(\?P<([^>]*)>/y;
      named.lastIndex = start;
      const name = named.exec(this.text);
      if (name !== null) {
        index = this.nameGroup(name[1] ?? "", name[0]);
        this.at = named.lastIndex;
      } else if (this.setFlags(start)) {
        this.depth--;
        return null;
      }
    } else {
      index = this.groupNames.push("") - 1;
      this.at++;
    }
    const item = this.alternatives();
    if (this.text[this.at] !== ")") throw new RegexpSyntaxError("missing closing )", this.text);
    this.at++;
    this.depth--;
    this.flags = outer;
    return index === -1 ? item : { kind: "group", item, index };
  }

  nameGroup(name: string, part: string): number {
    if (!/^\w+$/.test(name)) throw new RegexpSyntaxError("invalid named capture", part);
    return this.groupNames.push(name) - 1;
  }

  /** `(?flags)` gives true; `(?flags:` gives false and leaves the group's body to be read. */
  setFlags(start: number): boolean {
    const syntax = /\(\?([imsU]*)(?:-([imsU]+))?([:)])/y;
    syntax.lastIndex = start;
    const found = syntax.exec(this.text);
    if (found === null || found[0] === "(?)") {
      if (this.text.startsWith("(?P<", start))
        throw new RegexpSyntaxError("invalid named capture", this.text.slice(start));
      const bad = /\(\?[imsU-]*(?:.|$)/suy;
      bad.lastIndex = start;
      const part = bad.exec(this.text)?.[0] ?? "(?";
      throw new RegexpSyntaxError("invalid or unsupported Perl syntax", part);
    }
    this.at = syntax.lastIndex;
    for (const letter of found[1] ?? "") this.setFlag(letter, true);
    for (const letter of found[2] ?? "") this.setFlag(letter, false);
    return found[3] === ")";
  }

  setFlag(letter: string, on: boolean): void {
    if (letter === "i") this.flags.fold = on;
    else if (letter === "m") this.flags.multiLine = on;
    else if (letter === "s") this.flags.dotAll = on;
    else this.flags.ungreedy = on;
  }

  /** `{n}`, `{n,}` or `{n,m}` at `at`; null when it is plain text. */
  bounds(at: number): { min: number; max: number | null; text: string } | null {
    const syntax = /\{(\d+)(?:(,)(\d+)?)?\}/y;
    syntax.lastIndex = at;
    const found = syntax.exec(this.text);
    if (found === null) return null;
    const min = Number(found[1]);
    const max = found[2] === undefined ? min : found[3] === undefined ? null : Number(found[3]);
    return { min, max, text: found[0] };
  }

  /** The repetition at `at`, its `?` included; `text` is empty when there is none. */
  operatorAt(at: number): { min: number; max: number | null; text: string; lazy: boolean } {
    const char = this.text[at];
    const simple = { "*": [0, null], "+": [1, null], "?": [0, 1] }[char as "*"];
    const found = simple
      ? { min: simple[0], max: simple[1], text: char as string }
      : char === "{"
        ? this.bounds(at)
        : null;
    if (found === null) return { min: 1, max: 1, text: "", lazy: false };
    const lazy = this.text[at + found.text.length] === "?";
    return { min: found.min ?? 0, max: found.max ?? null, text: lazy ? `${found.text}?` : found.text, lazy };
  }

  repeated(atom: Node): Node {
    const first = this.operatorAt(this.at);
    if (first.text === "") return atom;
    const low = first.text.startsWith("{") ? first : null;
    if (low !== null && (low.min > REPEAT_MAX || (low.max !== null && (low.max > REPEAT_MAX || low.max < low.min))))
      throw new RegexpSyntaxError("invalid repeat count", first.text.replace(/\?$/, ""));
    const item: Node = {
      kind: "repeat",
      item: atom,
      min: first.min,
      max: first.max,
      greedy: first.lazy === this.flags.ungreedy,
    };
    if (low !== null && countedProduct(item) > REPEAT_MAX)
      throw new RegexpSyntaxError("invalid repeat count", low.text);
    this.at += first.text.length;
    const second = this.operatorAt(this.at);
    if (second.text !== "") throw new RegexpSyntaxError("invalid nested repetition operator", first.text + second.text);
    return item;
  }
}

/** The greatest product of nested counts. */
function countedProduct(node: Node): number {
  switch (node.kind) {
    case "repeat":
      return Math.max(1, node.min, node.max ?? 1) * countedProduct(node.item);
    case "group":
      return countedProduct(node.item);
    case "sequence":
      return Math.max(1, ...node.items.map(countedProduct));
    case "choice":
      return Math.max(1, ...node.options.map(countedProduct));
    default:
      return 1;
  }
}
