/**
 * From the plain data of a file to `Raw`, by the table: spelling of keys, kinds of values and Consul's two lists of
 * complaints, that of values of a wrong kind and that of unknown keys.
 */
import { ConfigError, errorList } from "./error.ts";
import { isRaw, type Raw, type RawValue, setOwn } from "./raw.ts";
import type { Key, Section } from "./schema/key.ts";
import { nearest } from "./suggest.ts";

interface Decoding {
  /** HCL has whole numbers and wraps objects into lists; JSON does neither. */
  readonly format: "hcl" | "json";
  readonly wrong: string[];
  readonly unknown: string[];
}

/** Unknown keys that get a suggestion; a file of nothing else must not cost minutes. */
const SUGGESTIONS_MAX = 20;

/** Decodes `data`. Throws ConfigError with the text that follows `failed to parse <file>: `. */
export function decodeRaw(keys: Section, data: Raw, format: "hcl" | "json"): Raw {
  const decoding: Decoding = { format, wrong: [], unknown: [] };
  const raw = decodeSection(decoding, keys, data, "");
  const { wrong, unknown } = decoding;
  if (wrong.length > 0)
    throw new ConfigError(
      `${wrong.length} error(s) decoding:\n\n${wrong
        .sort()
        .map((line) => `* ${line}`)
        .join("\n")}`,
    );
  if (unknown.length > 0) throw new ConfigError(errorList(unknown.sort()));
  return raw;
}

const lookups = new WeakMap<Section, ReadonlyMap<string, string>>();

/** Canonical names of a section's keys by every lower-case spelling. */
function spellings(keys: Section): ReadonlyMap<string, string> {
  const known = lookups.get(keys);
  if (known !== undefined) return known;
  const made = new Map<string, string>();
  for (const [name, key] of Object.entries(keys))
    for (const alias of [...(key.aliases ?? []), name]) made.set(alias, name);
  lookups.set(keys, made);
  return made;
}

function decodeSection(decoding: Decoding, keys: Section, data: Raw, path: string): Raw {
  const names = spellings(keys);
  const result: Raw = {};
  for (const [written, value] of Object.entries(data)) {
    const here = path === "" ? written : `${path}.${written}`;
    const name = names.get(written.toLowerCase());
    if (name === undefined) {
      const near = decoding.unknown.length < SUGGESTIONS_MAX ? nearest(written, [...names.values()]) : undefined;
      decoding.unknown.push(`invalid config key ${here}${near === undefined ? "" : ` (did you mean ${near}?)`}`);
      continue;
    }
    const decoded = decodeValue(decoding, keys[name] as Key, value, here);
    if (decoded !== undefined) result[name] = decoded;
  }
  return result;
}

function decodeValue(decoding: Decoding, key: Key, value: RawValue, path: string): RawValue {
  if (value === null) return undefined;
  switch (key.kind) {
    case "any":
      return expectMap(decoding, value, path);
    case "any-list":
      // Every list of such things is one of maps.
      return expectList(decoding, value, path)
        ?.map((item, index) => (item === null ? {} : expectMap(decoding, item, `${path}[${index}]`)))
        .filter((item) => item !== undefined);
    case "strings":
      return decodeStrings(decoding, value, path);
    case "string-map":
    case "duration-map":
      return decodeEntries(decoding, value, path, (item, at) => decodeScalar(decoding, "string", item, at));
    case "strings-map":
      return decodeEntries(decoding, value, path, (item, at) => decodeStrings(decoding, item, at));
    case "section":
      return decodeObject(decoding, key.keys, value, path);
    case "definition":
      return decodeObject(decoding, key.keys(), value, path);
    case "definition-list":
      return expectList(decoding, value, path)
        ?.map((item, index) => decodeObject(decoding, key.keys(), item, `${path}[${index}]`))
        .filter((item) => item !== undefined);
    case "definition-map":
      return decodeEntries(decoding, value, path, (item, at) => decodeObject(decoding, key.keys(), item, at));
    default:
      return decodeScalar(decoding, key.kind === "duration" ? "string" : key.kind, value, path);
  }
}

const SCALARS = { string: "string", bool: "bool", int: "int", uint: "uint", float: "float64" } as const;

function decodeScalar(decoding: Decoding, kind: keyof typeof SCALARS, value: RawValue, path: string): RawValue {
  const inner = unwrap(value);
  if (kind === "string" && typeof inner === "string") return inner;
  if (kind === "bool" && typeof inner === "boolean") return inner;
  if (kind === "uint" && typeof inner === "number" && inner < 0) {
    decoding.wrong.push(`cannot parse '${path}', ${inner} overflows uint`);
    return undefined;
  }
  if ((kind === "int" || kind === "uint") && typeof inner === "number") return Math.trunc(inner);
  if (kind === "float" && typeof inner === "number") return inner;
  decoding.wrong.push(
    `'${path}' expected type '${SCALARS[kind]}', got unconvertible type '${goType(decoding, inner)}'`,
  );
  return undefined;
}

function decodeStrings(decoding: Decoding, value: RawValue, path: string): string[] | undefined {
  const items = expectList(decoding, value, path)?.map((item, index) =>
    item === null ? "" : decodeScalar(decoding, "string", item, `${path}[${index}]`),
  );
  return items?.filter((item) => typeof item === "string");
}

function decodeEntries(
  decoding: Decoding,
  value: RawValue,
  path: string,
  decode: (item: RawValue, path: string) => RawValue,
): Raw | undefined {
  const map = expectMap(decoding, value, path);
  if (map === undefined) return undefined;
  const result: Raw = {};
  for (const [name, item] of Object.entries(map)) {
    const decoded = item === null ? undefined : decode(item, `${path}[${name}]`);
    if (decoded !== undefined) setOwn(result, name, decoded);
  }
  return result;
}

function decodeObject(decoding: Decoding, keys: Section, value: RawValue, path: string): Raw | undefined {
  const inner = unwrap(value);
  if (isRaw(inner)) return decodeSection(decoding, keys, inner, path);
  decoding.wrong.push(`'${path}' expected a map, got '${goKind(decoding, inner)}'`);
  return undefined;
}

function expectMap(decoding: Decoding, value: RawValue, path: string): Raw | undefined {
  const inner = decoding.format === "hcl" ? unwrapDeep(value) : unwrap(value);
  if (isRaw(inner)) return inner;
  decoding.wrong.push(`'${path}' expected a map, got '${goKind(decoding, inner)}'`);
  return undefined;
}

function expectList(decoding: Decoding, value: RawValue, path: string): RawValue[] | undefined {
  if (Array.isArray(value)) return value;
  decoding.wrong.push(`'${path}': source data must be an array or slice, got ${goKind(decoding, value)}`);
  return undefined;
}

/** A list of one stands for its item where no list is expected. */
function unwrap(value: RawValue): RawValue {
  return Array.isArray(value) && value.length === 1 ? value[0] : value;
}

/** Undoes HCL's lists of one object inside data whose shape is not known. */
function unwrapDeep(value: RawValue): RawValue {
  if (Array.isArray(value)) return value.length === 1 && isRaw(value[0]) ? unwrapDeep(value[0]) : value.map(unwrapDeep);
  if (!isRaw(value)) return value;
  const result: Raw = {};
  for (const [name, item] of Object.entries(value)) setOwn(result, name, unwrapDeep(item));
  return result;
}

function goKind(decoding: Decoding, value: RawValue): string {
  if (Array.isArray(value)) return "slice";
  if (isRaw(value)) return "map";
  return goType(decoding, value);
}

function goType(decoding: Decoding, value: RawValue): string {
  if (Array.isArray(value)) return "[]interface {}";
  if (isRaw(value)) return "map[string]interface {}";
  if (typeof value === "number") return decoding.format === "hcl" && Number.isInteger(value) ? "int" : "float64";
  return typeof value === "boolean" ? "bool" : "string";
}
