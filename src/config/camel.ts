/** From the table's snake case to the Config's names and units, in types and at run time alike. */
import { parseDurationMs } from "../lib/duration.ts";
import { isRaw, type Raw, type RawValue } from "./raw.ts";
import type { Key, Section, SectionKey } from "./schema/key.ts";

export type Camel<S extends string> = S extends `${infer Head}_${infer Tail}` ? `${Head}${Capitalize<Camel<Tail>>}` : S;
type NameOf<N extends string, K> = K extends { kind: "duration" | "duration-map" } ? `${Camel<N>}Ms` : Camel<N>;
type ValueOf<K> =
  K extends SectionKey<infer S> ? BuiltOf<S> : K extends { value?: infer T } ? Exclude<T, undefined> : readonly Raw[];
/** The type that `build` gives for a section of the table. */
export type BuiltOf<S> = { readonly [N in keyof S & string as NameOf<N, S[N]>]: ValueOf<S[N]> };

/** `node_ttl` to `nodeTtl`. */
export function camel(name: string): string {
  return name.replace(/_(.)/g, (_all, letter: string) => letter.toUpperCase());
}

/**
 * The typed section from a complete raw one. Bad durations are added to `errors` as Consul names them and read as 0.
 * `path` is the section's own, with a dot at its end unless it is the top level.
 */
export function build<S extends Section>(keys: S, raw: Raw, errors: string[], path = ""): BuiltOf<S> {
  const built: Record<string, unknown> = {};
  for (const [name, key] of Object.entries(keys)) {
    const [outName, value] = buildKey(name, key, raw[name], errors, `${path}${name}`);
    built[outName] = value;
  }
  // The mapped type repeats what the loop does with names and values.
  return built as BuiltOf<S>;
}

function buildKey(name: string, key: Key, value: RawValue, errors: string[], path: string): [string, unknown] {
  if (key.kind === "section") return [camel(name), build(key.keys, isRaw(value) ? value : {}, errors, `${path}.`)];
  if (key.kind === "duration")
    return [`${camel(name)}Ms`, typeof value === "string" ? readDuration(value, path, errors) : null];
  if (key.kind === "duration-map") {
    const entries = Object.entries(isRaw(value) ? value : {});
    return [
      `${camel(name)}Ms`,
      Object.fromEntries(entries.map(([of, text]) => [of, readDuration(String(text), `${path}["${of}"]`, errors)])),
    ];
  }
  return [camel(name), value ?? null];
}

function readDuration(text: string, path: string, errors: string[]): number {
  if (text === "") return 0;
  try {
    return parseDurationMs(text);
  } catch (error) {
    errors.push(
      `${path}: invalid duration: ${JSON.stringify(text)}: ${error instanceof Error ? error.message : error}`,
    );
    return 0;
  }
}
