/**
 * A small parser of parsing-expression grammars, with the error report of the generator that Consul's filter parser
 * was made with: the expectations at the farthest place that any attempt reached, and the errors that actions raised
 * on the way, even in attempts that were given up. Clients print these texts, so their order is part of the contract.
 * Results are memoised per rule and place, which keeps a hostile expression from taking exponential time.
 */
import { utf8Length } from "./go-string.ts";

export const FAIL: unique symbol = Symbol("fail");
export type Result<T> = T | typeof FAIL;
export type Parser<T> = (state: PegState) => Result<T>;

/** Nested rules of one parse; deeper input is refused before the stack is at risk. */
const RULE_DEPTH_MAX = 1500;

/** Thrown when rules nest beyond `RULE_DEPTH_MAX`. */
export class TooDeep extends Error {}

export interface PegState {
  readonly text: string;
  pos: number;
  /** True inside a `!` predicate, where only unexpected successes are worth reporting. */
  inverted: boolean;
  farthest: number;
  expected: Set<string>;
  errors: string[];
  ruleNames: string[];
  readonly memo: Map<number, { value: unknown; end: number }>;
}

/** A fresh state at the start of `text`. */
export function startParse(text: string): PegState {
  return {
    text,
    pos: 0,
    inverted: false,
    farthest: 0,
    expected: new Set(),
    errors: [],
    ruleNames: [],
    memo: new Map(),
  };
}

function note(state: PegState, matched: boolean, at: number, want: string): void {
  if (matched !== state.inverted || at < state.farthest) return;
  if (at > state.farthest) {
    state.farthest = at;
    state.expected.clear();
  }
  state.expected.add(state.inverted ? `!${want}` : want);
}

/** Records `message` for the current rule at `at`. */
export function raise(state: PegState, message: string, at: number): void {
  const line = `${place(state.text, at)}: rule ${state.ruleNames.at(-1)}: ${message}`;
  if (!state.errors.includes(line)) state.errors.push(line);
}

/** The report of a failed parse, lines joined with a line feed. */
export function failureText(state: PegState): string {
  if (state.errors.length > 0) return state.errors.join("\n");
  const wanted = new Set(state.expected);
  const end = wanted.delete("!.");
  const list = [...wanted].sort();
  if (end) list.push("EOF");
  const last = list.pop() ?? "";
  const expected = list.length === 0 ? last : `${list.join(", ")} or ${last}`;
  return `${place(state.text, state.farthest)}: no match found, expected: ${expected}`;
}

/** `line:column (offset)`: column in characters from 1, offset in bytes of UTF-8. */
function place(text: string, at: number): string {
  const before = text.slice(0, at);
  const atLineEnd = text[at] === "\n";
  const line = before.split("\n").length + (atLineEnd ? 1 : 0);
  const column = atLineEnd ? 0 : [...before.slice(before.lastIndexOf("\n") + 1)].length + 1;
  return `${line}:${column} (${utf8Length(before)})`;
}

/** Exactly the text `word`. */
export function literal(word: string): Parser<string> {
  const want = JSON.stringify(word);
  return (state) => {
    const start = state.pos;
    const matched = state.text.startsWith(word, start);
    note(state, matched, start, want);
    if (!matched) return FAIL;
    state.pos = start + word.length;
    return word;
  };
}

/** One character for which `test` holds; `want` names the class in reports. */
export function oneOf(want: string, test: (char: string) => boolean): Parser<string> {
  return (state) => {
    const char = state.text[state.pos];
    const matched = char !== undefined && test(char);
    note(state, matched, state.pos, want);
    if (!matched) return FAIL;
    state.pos++;
    return char;
  };
}

/** All of `parts` in order, or nothing. */
export function sequence<T extends readonly unknown[]>(...parts: { [K in keyof T]: Parser<T[K]> }): Parser<T> {
  return (state) => {
    const start = state.pos;
    const values: unknown[] = [];
    for (const part of parts) {
      const value = part(state);
      if (value === FAIL) {
        state.pos = start;
        return FAIL;
      }
      values.push(value);
    }
    return values as unknown as T;
  };
}

/** The first of `options` that matches. */
export function choice<T>(...options: Parser<T>[]): Parser<T> {
  return (state) => {
    for (const option of options) {
      const value = option(state);
      if (value !== FAIL) return value;
    }
    return FAIL;
  };
}

/** `part` or nothing. */
export function optional<T>(part: Parser<T>): Parser<T | null> {
  return (state) => {
    const value = part(state);
    return value === FAIL ? null : value;
  };
}

/** `part` as often as it matches, at least `min` times. */
export function many<T>(part: Parser<T>, min = 0): Parser<T[]> {
  return (state) => {
    const start = state.pos;
    const values: T[] = [];
    for (;;) {
      const value = part(state);
      if (value === FAIL) break;
      values.push(value);
    }
    if (values.length >= min) return values;
    state.pos = start;
    return FAIL;
  };
}

/** Holds where `part` matches; takes no text. */
export function ahead(part: Parser<unknown>): Parser<null> {
  return (state) => {
    const start = state.pos;
    const value = part(state);
    state.pos = start;
    return value === FAIL ? FAIL : null;
  };
}

/** Holds where `part` does not match; takes no text. */
export function notAhead(part: Parser<unknown>): Parser<null> {
  return (state) => {
    const start = state.pos;
    state.inverted = !state.inverted;
    const value = part(state);
    state.inverted = !state.inverted;
    state.pos = start;
    return value === FAIL ? null : FAIL;
  };
}

/** Never matches and records `message`. */
export function reject(message: string): Parser<never> {
  return (state) => {
    raise(state, message, state.pos);
    return FAIL;
  };
}

/** What `part` gave, turned by `action`, which also sees the text that was taken and where it began. */
export function map<T, U>(
  part: Parser<T>,
  action: (value: T, taken: string, state: PegState, at: number) => U,
): Parser<U> {
  return (state) => {
    const start = state.pos;
    const value = part(state);
    return value === FAIL ? FAIL : action(value, state.text.slice(start, state.pos), state, start);
  };
}

let ruleCount = 0;
/** More than the grammar has rules; memo keys are made with it. */
const RULES_MAX = 64;

/** A named rule; `body` is looked up late so that rules may refer to each other. */
export function rule<T>(name: string, body: () => Parser<T>): Parser<T> {
  const id = ruleCount++;
  let parser: Parser<T> | undefined;
  return (state) => {
    const key = (state.pos * RULES_MAX + id) * 2 + (state.inverted ? 1 : 0);
    const known = state.memo.get(key);
    if (known !== undefined) {
      state.pos = known.end;
      return known.value as Result<T>;
    }
    if (state.ruleNames.length >= RULE_DEPTH_MAX) throw new TooDeep();
    parser ??= body();
    state.ruleNames.push(name);
    const value = parser(state);
    state.ruleNames.pop();
    state.memo.set(key, { value, end: state.pos });
    return value;
  };
}
