import { HclError } from "./error.ts";
import { Lexer, type Punctuation, type Token } from "./lexer.ts";

/** Plain data. Every object, block or assigned, is inside a list, because a repeated one adds to it. */
export type HclValue = string | number | boolean | null | HclValue[] | { [key: string]: HclValue };
export type HclObject = { [key: string]: HclValue };

/** Longest document, in UTF-16 units. */
export const HCL_CHARS_MAX = 4 * 1024 * 1024;
/** Deepest nesting of objects and lists. */
const HCL_DEPTH_MAX = 200;

/**
 * Parses HCL 1, or JSON when the first character is `{`, as Consul does for `.hcl` files and access rules. A scalar
 * given twice keeps the last; lists and objects given twice add up: `service "web" {} service "db" {}` is
 * `{service: [{web: [{}]}, {db: [{}]}]}`. Throws HclError.
 */
export function parseHcl(text: string): HclObject {
  if (text.length > HCL_CHARS_MAX) throw new HclError("", 0, `document exceeds ${HCL_CHARS_MAX} characters`);
  if (/^\s*\{/.test(text)) return parseJsonObject(text);
  const parser = new Parser(text);
  return parser.objectBody("end");
}

class Parser {
  readonly #lexer: Lexer;
  readonly #text: string;
  #token: Token;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
    this.#lexer = new Lexer(text);
    this.#token = this.#lexer.next();
  }

  #advance(): void {
    this.#token = this.#lexer.next();
  }

  #is(text: Punctuation): boolean {
    return this.#token.kind === "punctuation" && this.#token.text === text;
  }

  #fail(why: string): HclError {
    return new HclError(this.#text, this.#token.at, why);
  }

  #found(): string {
    const token = this.#token;
    if (token.kind === "end") return "the end of the text";
    return token.kind === "number" || token.kind === "bool" ? String(token.value) : JSON.stringify(token.text);
  }

  #descend<T>(read: () => T): T {
    if (++this.#depth > HCL_DEPTH_MAX) throw this.#fail(`nested deeper than ${HCL_DEPTH_MAX} levels`);
    const value = read();
    this.#depth--;
    return value;
  }

  /** Items up to the closing brace, which is taken, or to the end of the text. */
  objectBody(until: "end" | "brace"): HclObject {
    const result: HclObject = {};
    for (;;) {
      if (until === "brace" && this.#is("}")) {
        this.#advance();
        return result;
      }
      if (this.#token.kind === "end") {
        if (until === "end") return result;
        throw this.#fail("object expected closing brace, got the end of the text");
      }
      this.#item(result);
      if (this.#is(",")) this.#advance();
    }
  }

  #item(into: HclObject): void {
    const at = this.#token.at;
    const keys = this.#keys();
    let value: HclValue;
    if (this.#is("=")) {
      if (keys.length > 1) throw this.#fail("nested object expected: { got: =");
      this.#advance();
      value = this.#descend(() => this.#value());
    } else {
      this.#advance();
      value = this.#descend(() => [this.objectBody("brace")]);
    }
    for (const key of keys.slice(1).reverse()) value = [record(key, value)];
    this.#add(into, keys[0] as string, value, at);
  }

  /** Lists and objects of one key add up; a scalar replaces a scalar. */
  #add(into: HclObject, key: string, value: HclValue, at: number): void {
    const before = Object.hasOwn(into, key) ? into[key] : undefined;
    if (before !== undefined && Array.isArray(before) !== Array.isArray(value))
      throw new HclError(this.#text, at, `key '${key}' is given both as one value and as an object or list`);
    if (Array.isArray(before) && Array.isArray(value)) for (const item of value) before.push(item);
    else setOwn(into, key, value);
  }

  /** The names before `=` or `{`, at least one. */
  #keys(): string[] {
    const keys: string[] = [];
    for (;;) {
      const token = this.#token;
      if (token.kind === "name" || token.kind === "string") keys.push(token.text);
      else if (token.kind === "bool") keys.push(String(token.value));
      else if (keys.length > 0 && (this.#is("=") || this.#is("{"))) return keys;
      else if (keys.length > 0)
        throw this.#fail(
          `key '${keys.at(-1)}' expected start of object ('{') or assignment ('='), got ${this.#found()}`,
        );
      else throw this.#fail(`object expected a key, got ${this.#found()}`);
      this.#advance();
    }
  }

  #value(): HclValue {
    const token = this.#token;
    if (token.kind === "string") {
      this.#advance();
      return token.text;
    }
    if (token.kind === "number" || token.kind === "bool") {
      this.#advance();
      return token.value;
    }
    if (this.#is("{")) {
      this.#advance();
      return [this.objectBody("brace")];
    }
    if (this.#is("[")) {
      this.#advance();
      return this.#list();
    }
    throw this.#fail(`expected a value, got ${this.#found()}`);
  }

  #list(): HclValue[] {
    const items: HclValue[] = [];
    for (;;) {
      if (this.#is("]")) {
        this.#advance();
        return items;
      }
      const value = this.#descend(() => (this.#is("{") ? this.#listObject() : this.#value()));
      items.push(value);
      if (this.#is(",")) this.#advance();
      else if (!this.#is("]")) throw this.#fail(`list expected a comma or its end, got ${this.#found()}`);
    }
  }

  /** An object inside a list is already in one. */
  #listObject(): HclObject {
    this.#advance();
    return this.objectBody("brace");
  }
}

function record(key: string, value: HclValue): HclObject {
  const object: HclObject = {};
  setOwn(object, key, value);
  return object;
}

/** Sets a key even when it is `__proto__`. */
function setOwn(object: HclObject, key: string, value: HclValue): void {
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}

function parseJsonObject(text: string): HclObject {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new HclError(text, 0, error instanceof Error ? error.message : "not JSON");
  }
  return wrapObject(parsed as HclObject, text, 0);
}

function wrapObject(object: HclObject, text: string, depth: number): HclObject {
  if (depth > HCL_DEPTH_MAX) throw new HclError(text, 0, `nested deeper than ${HCL_DEPTH_MAX} levels`);
  const result: HclObject = {};
  for (const [key, value] of Object.entries(object)) setOwn(result, key, wrapValue(value, text, depth + 1));
  return result;
}

function wrapValue(value: HclValue, text: string, depth: number): HclValue {
  if (Array.isArray(value)) return value.map((item) => wrapListItem(item, text, depth + 1));
  return typeof value === "object" && value !== null ? [wrapObject(value, text, depth)] : value;
}

function wrapListItem(item: HclValue, text: string, depth: number): HclValue {
  if (depth > HCL_DEPTH_MAX) throw new HclError(text, 0, `nested deeper than ${HCL_DEPTH_MAX} levels`);
  if (Array.isArray(item)) return item.map((inner) => wrapListItem(inner, text, depth + 1));
  return typeof item === "object" && item !== null ? wrapObject(item, text, depth) : item;
}
