/**
 * Command-line flags by the rules of Go's `flag` package, because Consul's users write them so: `-x v`, `-x=v`, `--x`,
 * no bundling, and everything after the first word that is no flag is an argument.
 */
import { parseDurationNs } from "../lib/duration.ts";

/**
 * What a flag's text becomes: `bool` boolean; `int` number; `uint` bigint (64 bits); `duration` milliseconds;
 * `strings` every occurrence, in order; `map` of `key=value`; `colon-map` of `key:value`, where `:value` may be missing.
 */
interface ValueOfKind {
  bool: boolean;
  string: string;
  int: number;
  uint: bigint;
  duration: number;
  strings: readonly string[];
  map: Readonly<Record<string, string>>;
  "colon-map": Readonly<Record<string, string>>;
}
export type FlagKind = keyof ValueOfKind;

export interface FlagSpec {
  readonly name: string;
  readonly kind: FlagKind;
  readonly doc: string;
  /** Given to whoever did not write the flag, and printed in its usage. A duration is in milliseconds. */
  readonly default?: boolean | string | number | bigint;
  /** The word for the value in usage texts, when another than the kind's own. */
  readonly placeholder?: string;
  /**
   * Marks the flags that Consul keeps apart from Go's own: usage prints them as `value`, and a bad number is reported in
   * `strconv`'s words (`strconv.Atoi: parsing "x": invalid syntax`) and not as `parse error`.
   */
  readonly nullable?: true;
}

type ValueOf<F extends FlagSpec> = F extends { readonly default: boolean | string | number | bigint }
  ? ValueOfKind[F["kind"]]
  : ValueOfKind[F["kind"]] | undefined;
export type FlagValues<Specs extends readonly FlagSpec[]> = { [F in Specs[number] as F["name"]]: ValueOf<F> };

export interface ParsedFlags<Specs extends readonly FlagSpec[]> {
  /** By flag name: what was written, else the default, else `undefined`. */
  readonly values: FlagValues<Specs>;
  readonly given: ReadonlySet<string>;
  /** The words after the flags. */
  readonly args: readonly string[];
}

/** A command line that does not fit its flags. `helpWanted` when it asked for an undefined `-h` or `-help`. */
export class GoFlagError extends Error {
  readonly helpWanted: boolean;
  constructor(message: string, helpWanted = false) {
    super(message);
    this.name = "GoFlagError";
    this.helpWanted = helpWanted;
  }
}

/** Parses `argv` (without the program and the command). Throws GoFlagError with Go's text. */
export function parseGoFlags<const Specs extends readonly FlagSpec[]>(
  specs: Specs,
  argv: readonly string[],
): ParsedFlags<Specs> {
  const byName = new Map<string, FlagSpec>(specs.map((spec) => [spec.name, spec]));
  const values: Record<string, unknown> = {};
  for (const spec of specs) values[spec.name] = spec.default;
  const given = new Set<string>();
  let at = 0;
  for (; at < argv.length; at++) {
    const word = argv[at] as string;
    if (word.length < 2 || word[0] !== "-") break;
    if (word === "--") {
      at++;
      break;
    }
    const { name, inline } = splitFlag(word);
    const spec = byName.get(name);
    if (spec === undefined) throw undefinedFlag(name);
    let text = inline ?? (spec.kind === "bool" ? "true" : undefined);
    if (text === undefined) {
      at++;
      text = argv[at];
      if (text === undefined) throw new GoFlagError(`flag needs an argument: -${name}`);
    }
    values[name] = combine(spec, text, given.has(name) ? values[name] : undefined);
    given.add(name);
  }
  // The mapped type repeats in types what the loops above do with names.
  return { values: values as FlagValues<Specs>, given, args: argv.slice(at) };
}

function splitFlag(word: string): { name: string; inline: string | undefined } {
  const body = word.slice(word[1] === "-" ? 2 : 1);
  if (body[0] === "-" || body[0] === "=") throw new GoFlagError(`bad flag syntax: ${word}`);
  const equals = body.indexOf("=");
  if (equals === -1) return { name: body, inline: undefined };
  return { name: body.slice(0, equals), inline: body.slice(equals + 1) };
}

function undefinedFlag(name: string): GoFlagError {
  if (name === "h" || name === "help") return new GoFlagError("flag: help requested", true);
  return new GoFlagError(`flag provided but not defined: -${name}`);
}

function combine(spec: FlagSpec, text: string, before: unknown): unknown {
  try {
    if (spec.kind === "strings") return [...((before as readonly string[] | undefined) ?? []), text];
    if (spec.kind === "map" || spec.kind === "colon-map") {
      const [key, value] = splitPair(text, spec.kind);
      return { ...(before as Record<string, string> | undefined), [key]: value };
    }
    return parseScalar(spec, text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (spec.kind === "bool")
      throw new GoFlagError(`invalid boolean value ${quote(text)} for -${spec.name}: ${reason}`);
    throw new GoFlagError(`invalid value ${quote(text)} for flag -${spec.name}: ${reason}`);
  }
}

function splitPair(text: string, kind: "map" | "colon-map"): [string, string] {
  const at = text.indexOf(kind === "map" ? "=" : ":");
  if (at !== -1) return [text.slice(0, at), text.slice(at + 1)];
  if (kind === "map") throw new Error(`Missing "=" value in argument: ${text}`);
  return [text, ""];
}

function parseScalar(spec: FlagSpec, text: string): unknown {
  switch (spec.kind) {
    case "bool":
      return parseBoolFlag(spec, text);
    case "int":
      return parseInt64(spec, text);
    case "uint":
      return parseUint64(spec, text);
    case "duration":
      return parseDurationFlag(spec, text);
    default:
      return text;
  }
}

const TRUE_WORDS = new Set(["1", "t", "T", "TRUE", "true", "True"]);
const FALSE_WORDS = new Set(["0", "f", "F", "FALSE", "false", "False"]);

/** Go's `strconv.ParseBool`; `undefined` for any other word. */
export function parseGoBool(text: string): boolean | undefined {
  if (TRUE_WORDS.has(text)) return true;
  return FALSE_WORDS.has(text) ? false : undefined;
}

function parseBoolFlag(spec: FlagSpec, text: string): boolean {
  const value = parseGoBool(text);
  if (value === undefined) throw syntaxError(spec, "ParseBool", text);
  return value;
}

function syntaxError(spec: FlagSpec, parser: string, text: string): Error {
  return new Error(spec.nullable ? `strconv.${parser}: parsing ${quote(text)}: invalid syntax` : "parse error");
}

function rangeError(spec: FlagSpec, parser: string, text: string): Error {
  return new Error(
    spec.nullable ? `strconv.${parser}: parsing ${quote(text)}: value out of range` : "value out of range",
  );
}

/** Beyond 2^53 it is out of range: no flag means such a number, and a rounded one would be a lie. */
function parseInt64(spec: FlagSpec, text: string): number {
  const negative = text[0] === "-";
  const magnitude = parseGoInteger(text[0] === "+" || negative ? text.slice(1) : text, spec.nullable === true);
  if (magnitude === undefined) throw syntaxError(spec, "Atoi", text);
  if (magnitude > BigInt(Number.MAX_SAFE_INTEGER)) throw rangeError(spec, "Atoi", text);
  return negative ? -Number(magnitude) : Number(magnitude);
}

function parseUint64(spec: FlagSpec, text: string): bigint {
  const value = parseGoInteger(text, spec.nullable === true);
  if (value === undefined) throw syntaxError(spec, "ParseUint", text);
  if (value >= 1n << 64n) throw rangeError(spec, "ParseUint", text);
  return value;
}

const GO_LITERAL = /^(?:0[xX](?:_?[0-9a-fA-F])+|0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0(?:_?[0-7])*|[1-9](?:_?[0-9])*)$/;
const DECIMAL = /^[0-9]+$/;

/** Go's own flags take its literals (`0x1f`, `017` is octal, `1_000`); Consul's take decimals only. */
function parseGoInteger(text: string, decimalOnly: boolean): bigint | undefined {
  if (decimalOnly) return DECIMAL.test(text) ? BigInt(text) : undefined;
  if (!GO_LITERAL.test(text)) return undefined;
  const digits = text.replaceAll("_", "").toLowerCase();
  return BigInt(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits);
}

function parseDurationFlag(spec: FlagSpec, text: string): number {
  try {
    return parseDurationNs(text) / 1e6;
  } catch (error) {
    if (spec.nullable && error instanceof Error) throw error;
    throw new Error("parse error");
  }
}

function quote(text: string): string {
  return JSON.stringify(text);
}
