/**
 * One row of the table of configuration keys, from which come the file decoder, the flags, the defaults, the type of
 * the built Config, the rules of reload and the documentation.
 */
interface Row {
  readonly doc: string;
  /** `accepted`: understood and ignored so far; the agent names it in a warning when it is set. */
  readonly status: "honoured" | "accepted";
  readonly reloadable: boolean;
  /** Name of the command-line flag without its dash. */
  readonly flag?: string;
  /** First Consul version that knows it, when newer than 1.8. */
  readonly since?: string;
  /** Other spellings in files, in lower case. */
  readonly aliases?: readonly string[];
  /** Name in a definition of the HTTP API. */
  readonly api?: string;
}

/** What a key may say beside its kind, default and text. */
export type Extra = Partial<Omit<Row, "doc">>;

export interface ScalarKey<T> extends Row {
  readonly kind: "string" | "bool" | "int" | "uint" | "float";
  readonly default: T;
  readonly value?: T;
}
/** A Go duration such as `30s` in files; milliseconds in the Config, where its name ends in `Ms`. */
export interface DurationKey<T extends number | null> extends Row {
  readonly kind: "duration";
  readonly default: string | null;
  readonly value?: T;
}
/** `strings`: a list of texts. `strings-map`: lists of texts by text. `any`: whatever the file holds. */
export interface CollectionKey<T> extends Row {
  readonly kind: "strings" | "string-map" | "duration-map" | "strings-map" | "any" | "any-list";
  readonly default: T;
  readonly value?: T;
}
export interface SectionKey<S extends Section> extends Row {
  readonly kind: "section";
  readonly keys: S;
}
/** `definition-list` is a list, `definition-map` holds definitions by name. */
export interface DefinitionKey extends Row {
  readonly kind: "definition" | "definition-list" | "definition-map";
  /** Late, because a sidecar's definition is that of a service. */
  readonly keys: () => Section;
}
export type Key =
  | ScalarKey<unknown>
  | DurationKey<number | null>
  | CollectionKey<unknown>
  | SectionKey<Section>
  | DefinitionKey;
export interface Section {
  readonly [name: string]: Key;
}

const row = (doc: string, extra: Extra): Row => ({ status: "honoured", reloadable: false, ...extra, doc });

/** A text; `null` by default when its absence matters. */
export function string<T extends string | null>(byDefault: T, doc: string, extra: Extra = {}): ScalarKey<string | T> {
  return { kind: "string", default: byDefault, ...row(doc, extra) };
}

/** True or false; `null` by default when another key decides. */
export function bool<T extends boolean | null>(byDefault: T, doc: string, extra: Extra = {}): ScalarKey<boolean | T> {
  return { kind: "bool", default: byDefault, ...row(doc, extra) };
}

/** A whole number; fractions in files are cut off, as Consul does. */
export function int<T extends number | null>(byDefault: T, doc: string, extra: Extra = {}): ScalarKey<number | T> {
  return { kind: "int", default: byDefault, ...row(doc, extra) };
}

/** A whole number that is not negative. */
export function uint(byDefault: number, doc: string, extra: Extra = {}): ScalarKey<number> {
  return { kind: "uint", default: byDefault, ...row(doc, extra) };
}

/** Any number. */
export function float(byDefault: number, doc: string, extra: Extra = {}): ScalarKey<number> {
  return { kind: "float", default: byDefault, ...row(doc, extra) };
}

/** A Go duration. */
export function duration(byDefault: string, doc: string, extra: Extra = {}): DurationKey<number> {
  return { kind: "duration", default: byDefault, ...row(doc, extra) };
}

/** A Go duration whose absence matters. */
export function optionalDuration(doc: string, extra: Extra = {}): DurationKey<number | null> {
  return { kind: "duration", default: null, ...row(doc, extra) };
}

/** A list of texts; lists of several sources are appended. */
export function strings(doc: string, extra: Extra = {}): CollectionKey<readonly string[]> {
  return { kind: "strings", default: [], ...row(doc, extra) };
}

/** Texts by text; maps of several sources are merged key by key. */
export function stringMap(doc: string, extra: Extra = {}): CollectionKey<Readonly<Record<string, string>>> {
  return { kind: "string-map", default: {}, ...row(doc, extra) };
}

/** Durations by text; milliseconds in the Config. */
export function durationMap(
  doc: string,
  extra: Extra = {},
): CollectionKey<Readonly<Record<string, number>>> & { readonly kind: "duration-map" } {
  return { kind: "duration-map", default: {}, ...row(doc, extra) };
}

/** Lists of texts by text. */
export function stringsMap(doc: string, extra: Extra = {}): CollectionKey<Readonly<Record<string, readonly string[]>>> {
  return { kind: "strings-map", default: {}, ...row(doc, extra) };
}

/** An object whose keys are not checked. */
export function anyMap(doc: string, extra: Extra = {}): CollectionKey<Readonly<Record<string, unknown>>> {
  return { kind: "any", default: {}, ...row(doc, extra) };
}

/** A list whose items are not checked. */
export function anyList(doc: string, extra: Extra = {}): CollectionKey<readonly unknown[]> {
  return { kind: "any-list", default: [], ...row(doc, extra) };
}

/** Keys that belong together. */
export function section<const S extends Section>(doc: string, keys: S, extra: Extra = {}): SectionKey<S> {
  return { kind: "section", keys, ...row(doc, extra) };
}

/** One definition with keys of its own. */
export function definition(doc: string, keys: () => Section, extra: Extra = {}): DefinitionKey {
  return { kind: "definition", keys, ...row(doc, extra) };
}

/** A list of definitions. */
export function definitionList(doc: string, keys: () => Section, extra: Extra = {}): DefinitionKey {
  return { kind: "definition-list", keys, ...row(doc, extra) };
}

/** Definitions by name. */
export function definitionMap(doc: string, keys: () => Section, extra: Extra = {}): DefinitionKey {
  return { kind: "definition-map", keys, ...row(doc, extra) };
}

/** For keys that are understood and not used yet. */
export const ACCEPTED = { status: "accepted" } as const;
/** For keys that a reload applies. */
export const RELOADABLE = { reloadable: true } as const;
