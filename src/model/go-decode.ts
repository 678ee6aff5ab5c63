/**
 * JSON into the shape of a zod schema by the rules of Go's `encoding/json`, because Consul's clients rely on them: keys
 * match without regard to case, `null` leaves the zero value, unknown keys and wrong types fail in Go's words. The zod
 * schema stays the one truth: its defaults are the zero values, and `.meta({ go: ... })` holds what zod can't say.
 */
import { z } from "zod";
import { NS_PER_MS, parseDurationNs } from "../lib/duration.ts";
import { Refusal } from "../lib/refusal.ts";
import { Bytes } from "./common.ts";

/** What `.meta({ go })` may say of a field or an object. */
export interface GoRules {
  /** More spellings of the key, lower case: `enable_tag_override`. */
  aliases?: readonly string[];
  /** The value is a duration: Go text, or a number of nanoseconds; other JSON is ignored, as Consul does. */
  duration?: boolean;
  /** Unknown keys of this object are ignored. */
  lenient?: boolean;
  /** Keys that are accepted and ignored, lower case. */
  ignored?: readonly string[];
  /** Go's name of the type, for its error texts. */
  type?: string;
  /** Errors name this object before its field: where Consul decodes without a detour. */
  namesFields?: boolean;
  /** Printed even while it is the zero value, where others of its kind are left out. */
  always?: boolean;
  /** A field of a version after 1.8, which archives have only where it says something. */
  later?: boolean;
}

/** A Go `int` (a JSON number without fraction), 0 when absent. */
export const goInt = () => z.number().int().default(0);
/** A Go `uint64`, 0 when absent; exact, so a bigint. */
export const goUint64 = () => z.bigint().default(0n).meta({ type: "integer", format: "uint64" });
/** A Go `float64`, 0 when absent. */
export const goFloat = () => z.number().default(0);
/** A Go `[]byte`, base64 in JSON, null when absent. */
export const goBytes = () => Bytes.nullable().default(null);
/** A Go `string`, empty when absent. */
export const goString = () => z.string().default("");
/** A Go `bool`, false when absent. */
export const goBool = () => z.boolean().default(false);
/** A Go `[]string`, null when absent. */
export const goStrings = () => z.array(z.string()).nullable().default(null);
/** A Go duration in nanoseconds, 0 when absent. */
export const goDuration = (...aliases: string[]) =>
  // Not int(), which ends at 104 days of nanoseconds; durationNs gives whole numbers.
  z
    .number()
    .default(0)
    .meta({ go: { duration: true, aliases } });
/** `schema` under more spellings of its key. */
export function alias<S extends z.ZodType>(schema: S, ...aliases: string[]): S {
  return schema.meta({ go: { ...rulesOf(schema), aliases } });
}

/** A value of `schema` from decoded JSON. Throws a Refusal (status 400) with Go's text, without a prefix. */
export function decodeGo<S extends z.ZodType>(schema: S, json: unknown): z.output<S> {
  return schema.parse(normalize(schema, json, ""));
}

const fieldsOf = new WeakMap<z.ZodType, Map<string, string>>();

function rulesOf(schema: z.ZodType): GoRules {
  return (schema.meta()?.go as GoRules | undefined) ?? {};
}

/** Strips `optional`, `nullable` and `default`, which say nothing about the type. */
function core(schema: z.ZodType): z.ZodType {
  let inner: z.ZodType = schema;
  while (inner instanceof z.ZodDefault || inner instanceof z.ZodNullable || inner instanceof z.ZodOptional) {
    inner = inner.unwrap() as z.ZodType;
  }
  return inner;
}

function foldedFields(schema: z.ZodObject): Map<string, string> {
  const known = fieldsOf.get(schema);
  if (known !== undefined) return known;
  const fields = new Map<string, string>();
  for (const [key, field] of Object.entries(schema.shape)) {
    fields.set(key.toLowerCase(), key);
    for (const other of rulesOf(field).aliases ?? []) fields.set(other, key);
  }
  fieldsOf.set(schema, fields);
  return fields;
}

function normalize(outer: z.ZodType, json: unknown, path: string): unknown {
  if (json === null || json === undefined) return zeroInput(outer);
  if (rulesOf(outer).duration) return durationNs(json);
  const schema = core(outer);
  if (schema instanceof z.ZodObject) return normalizeObject(schema, json, path);
  if (schema instanceof z.ZodArray) {
    if (!Array.isArray(json)) throw mismatch(json, path, schema);
    return json.map((item) => normalize(schema.element as z.ZodType, item, path));
  }
  if (schema instanceof z.ZodRecord) {
    if (!isPlainObject(json)) throw mismatch(json, path, schema);
    const values = schema.valueType as z.ZodType;
    // Built by entries, so that a key named __proto__ stays a key.
    return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, normalize(values, value, path)]));
  }
  if (schema instanceof z.ZodString && typeof json !== "string") throw mismatch(json, path, schema);
  if (schema instanceof z.ZodBoolean && typeof json !== "boolean") throw mismatch(json, path, schema);
  if (schema instanceof z.ZodNumber && !isNumberOf(schema, json)) throw mismatch(json, path, schema);
  if (schema instanceof z.ZodBigInt) return uint64(json, path, schema);
  return schema === Bytes ? bytes(json, path, schema) : json;
}

function isNumberOf(schema: z.ZodNumber, json: unknown): boolean {
  if (!schema.isInt) return Number.isFinite(json);
  return Number.isSafeInteger(json) && (json as number) >= (schema.minValue ?? Number.NEGATIVE_INFINITY);
}

const UINT64_MAX = 2n ** 64n - 1n;

function uint64(json: unknown, path: string, schema: z.ZodType): bigint {
  const value = typeof json === "bigint" || Number.isSafeInteger(json) ? BigInt(json as number) : -1n;
  if (value >= 0n && value <= UINT64_MAX) return value;
  throw mismatch(json, path, schema);
}

/** Go names the first byte that no base64 has; where only the length is wrong, the end. */
function bytes(json: unknown, path: string, schema: z.ZodType): Uint8Array {
  if (typeof json !== "string") throw mismatch(json, path, schema);
  try {
    return Uint8Array.fromBase64(json);
  } catch {
    const bad = json.search(/[^A-Za-z0-9+/=\r\n]/);
    throw new Refusal(`illegal base64 data at input byte ${bad < 0 ? json.length : bad}`, 400);
  }
}

/** What stands for Go's untouched zero value: absent where the schema has a default, else the bare type's zero. */
function zeroInput(outer: z.ZodType): unknown {
  if (outer instanceof z.ZodDefault) return undefined;
  const schema = core(outer);
  if (schema instanceof z.ZodObject) return {};
  if (schema instanceof z.ZodString) return "";
  if (schema instanceof z.ZodNumber) return 0;
  if (schema instanceof z.ZodBoolean) return false;
  if (schema instanceof z.ZodArray) return [];
  return schema instanceof z.ZodRecord ? {} : null;
}

function normalizeObject(schema: z.ZodObject, json: unknown, path: string): Record<string, unknown> {
  if (!isPlainObject(json)) throw mismatch(json, path, schema);
  const fields = foldedFields(schema);
  const rules = rulesOf(schema);
  const prefix = rules.namesFields ? (rules.type?.split(".").at(-1) ?? "") : "";
  const out: Record<string, unknown> = {};
  for (const [spelling, value] of Object.entries(json)) {
    const folded = spelling.toLowerCase();
    const key = fields.get(folded);
    if (key === undefined) {
      if (rules.lenient || rules.ignored?.includes(folded)) continue;
      throw new Refusal(`json: unknown field ${JSON.stringify(spelling)}`, 400);
    }
    // Go names a field by the spelling that was matched, and only the outermost one.
    const named = folded === key.toLowerCase() ? key : folded;
    const normal = normalize(schema.shape[key] as z.ZodType, value, fieldPath(path, prefix, named));
    if (normal !== undefined) out[key] = normal;
  }
  return out;
}

/** Go names the outermost field, or where structs nest without a detour the innermost type and the path to the field. */
function fieldPath(outer: string, type: string, field: string): string {
  if (outer === "") return `${type}.${field}`;
  return type === "" ? outer : `${type}${outer.slice(outer.indexOf("."))}.${field}`;
}

function durationNs(json: unknown): number {
  if (typeof json === "number") {
    // JSON.parse makes one of what no float64 holds, such as 1e400; Go refuses to.
    if (!Number.isFinite(json)) throw new Refusal("json: cannot unmarshal number into Go value of type float64", 400);
    return asInt64(json);
  }
  if (typeof json === "bigint") return asInt64(Number(json));
  if (typeof json !== "string") return 0;
  try {
    return asInt64(parseDurationNs(json));
  } catch (error) {
    throw new Refusal(error instanceof Error ? error.message : String(error), 400);
  }
}

const INT64_MAX = 2 ** 63;
const asInt64 = (value: number) => Math.max(-INT64_MAX, Math.min(INT64_MAX, Math.trunc(value)));

function isPlainObject(json: unknown): json is Record<string, unknown> {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

function mismatch(json: unknown, path: string, schema: z.ZodType): Refusal {
  const target = path === "" ? "value" : `struct field ${path}`;
  const what = isNumber(json) && takesNumbers(schema) ? `number ${json}` : kindOf(json);
  return new Refusal(`json: cannot unmarshal ${what} into Go ${target} of type ${goType(schema)}`, 400);
}

function kindOf(json: unknown): string {
  if (Array.isArray(json)) return "array";
  if (isNumber(json)) return "number";
  return typeof json === "boolean" ? "bool" : typeof json;
}

const isNumber = (json: unknown) => typeof json === "number" || typeof json === "bigint";
/** Where a number is wanted Go says which one does not fit. */
const takesNumbers = (schema: z.ZodType) => schema instanceof z.ZodNumber || schema instanceof z.ZodBigInt;

function goType(schema: z.ZodType): string {
  const named = rulesOf(schema).type;
  if (named !== undefined) return named;
  if (schema instanceof z.ZodString) return "string";
  if (schema instanceof z.ZodNumber) return schema.isInt ? "int" : "float64";
  if (schema instanceof z.ZodBigInt) return "uint64";
  if (schema === Bytes) return "[]uint8";
  if (schema instanceof z.ZodBoolean) return "bool";
  if (schema instanceof z.ZodArray) return `[]${goType(core(schema.element as z.ZodType))}`;
  if (schema instanceof z.ZodRecord) return `map[string]${goType(core(schema.valueType as z.ZodType))}`;
  return "struct";
}

/** Milliseconds of a duration of a definition. */
export function nsToMs(ns: number): number {
  return ns / NS_PER_MS;
}
