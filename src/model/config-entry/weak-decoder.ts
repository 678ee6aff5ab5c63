import { goParseBool, goQuote } from "../../lang/filter/go-string.ts";
import { parseDurationNs } from "../../lib/duration.ts";
import { decimalOf, GoNumberError, parseGoFloat32, parseGoInt, shortestFloat32, wrapped } from "./go-number.ts";
import { goKind, isObject } from "./go-value.ts";
import { type Field, type Plan, type StructPlan, zeroOf } from "./plan.ts";

/** More than anybody reads are not told. */
const ERRORS_MAX = 1000;
/** Levels of settings that no schema knows; more can't be kept in archives. */
const ANY_DEPTH_MAX = 32;

type Json = Record<string, unknown>;

/**
 * JSON into the shape of a plan by the rules of Go's `mapstructure` with weak typing, which Consul reads config entries by: a list of
 * one stands for its item, a single value for a list of it, texts for numbers. All errors are collected, in its words.
 */
export class WeakDecoder {
  readonly errors: string[] = [];
  /** Paths of keys that no field has. */
  readonly unknown: string[] = [];

  struct(plan: StructPlan, json: Json, path: string): Json {
    const left = translated(plan, json);
    const out = plan.fields.map((field): [string, unknown] => {
      const key = keyOf(field, left);
      if (key === undefined) return [field.name, zeroOfField(field)];
      const value = left.get(key);
      left.delete(key);
      return [field.name, this.#field(field, value, path === "" ? field.name : `${path}.${field.name}`)];
    });
    for (const key of left.keys()) if (!this.#isEnough()) this.unknown.push(path === "" ? key : `${path}.${key}`);
    return Object.fromEntries(out);
  }

  #field(field: Field, json: unknown, path: string): unknown {
    if (json === null) return zeroOfField(field);
    // A pointer and what it points to each take a list of one for its item.
    return this.#value(field.plan, field.isPointer ? only(json) : json, path);
  }

  #value(plan: Plan, outer: unknown, path: string): unknown {
    if (outer === null) return zeroOf(plan);
    const json = plan.kind === "list" ? outer : only(outer);
    // Consul's own decoder breaks off without an answer here.
    if (json === null) return this.#fail(plan, `error decoding '${path}': null is no value of a list of one`);
    switch (plan.kind) {
      case "struct":
        if (isObject(json)) return this.struct(plan, json, path);
        return this.#fail(plan, `'${path}' expected a map, got '${goKind(json)}'`);
      case "map":
        return this.#map(plan, json, path);
      case "list":
        return this.#list(plan, json, path);
      case "any":
        return this.#setting(outer, path);
      default:
        return this.#scalar(plan, json, path);
    }
  }

  #map(plan: Plan & { kind: "list" | "map" }, json: unknown, path: string): Json {
    if (isObject(json)) {
      const entries = Object.entries(json).map(([key, value]): [string, unknown] => [
        key,
        plan.of.kind === "any" && value === null
          ? this.#fail(plan.of, noSetting(`${path}[${key}]`))
          : this.#value(plan.of, value, `${path}[${key}]`),
      ]);
      return Object.fromEntries(entries);
    }
    if (!Array.isArray(json)) {
      this.#fail(plan, `'${path}' expected a map, got '${goKind(json)}'`);
      return {};
    }
    // A list of maps is all of them together.
    const parts = json
      .filter((item) => item !== null)
      .map((item, index) => this.#map(plan, only(item), `${path}[${index}]`));
    return Object.fromEntries(parts.flatMap((part) => Object.entries(part)));
  }

  #list(plan: Plan & { kind: "list" | "map" }, json: unknown, path: string): unknown[] {
    const isEmpty = isObject(json) && Object.keys(json).length === 0;
    const items = Array.isArray(json) ? json : isEmpty ? [] : [json];
    return items.map((item, index) => this.#value(plan.of, item, `${path}[${index}]`));
  }

  /** A setting: a list of one is its item, and in that item all maps have their lists of one unwrapped, too. */
  #setting(json: unknown, path: string): unknown {
    const isOne = Array.isArray(json) && json.length === 1;
    return this.#any(isOne ? json[0] : json, path, { depth: 0, unwraps: isOne });
  }

  /** What travels as it came. */
  #any(json: unknown, path: string, { depth, unwraps }: { depth: number; unwraps: boolean }): unknown {
    if (depth > ANY_DEPTH_MAX) return this.#fail({ kind: "any" }, `error decoding '${path}': nests too deeply`);
    if (json === null) return this.#fail({ kind: "any" }, noSetting(path));
    if (typeof json === "bigint") return Number(json);
    const inside = { depth: depth + 1, unwraps };
    if (Array.isArray(json)) return json.map((item, index) => this.#any(item, `${path}[${index}]`, inside));
    if (!isObject(json)) return json;
    return Object.fromEntries(
      Object.entries(json).map(([key, item]) => [
        key,
        this.#any(unwraps ? only(item) : item, `${path}[${key}]`, inside),
      ]),
    );
  }

  #scalar(plan: Plan, json: unknown, path: string): unknown {
    const value = typeof json === "bigint" ? Number(json) : json;
    if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") {
      const type = Array.isArray(value) ? "[]interface {}" : "map[string]interface {}";
      return this.#fail(plan, `'${path}' expected type '${goTypeOf(plan)}', got unconvertible type '${type}'`);
    }
    try {
      return scalarOf(plan, value);
    } catch (error) {
      if (error instanceof GoNumberError || plan.kind === "bool") {
        return this.#fail(plan, `cannot parse '${path}' as ${parsedAs(plan)}: ${(error as Error).message}`);
      }
      return this.#fail(plan, `error decoding '${path}': ${(error as Error).message}`);
    }
  }

  #fail(plan: Plan, text: string): unknown {
    if (!this.#isEnough()) this.errors.push(text);
    return zeroOf(plan);
  }

  #isEnough(): boolean {
    return this.errors.length + this.unknown.length >= ERRORS_MAX;
  }
}

const only = (json: unknown): unknown => (Array.isArray(json) && json.length === 1 ? json[0] : json);

/** Consul takes it, and its servers can't read it from their log any more. */
const noSetting = (path: string): string => `error decoding '${path}': null is no setting; leave it out`;

const zeroOfField = ({ plan, isPointer }: Field): unknown => (isPointer ? null : zeroOf(plan));

/** The keys as they are looked for: aliases are the field's name in lower case, unless that is there. */
function translated({ aliases }: StructPlan, json: Json): Map<string, unknown> {
  const keys = new Map(Object.entries(json));
  for (const [key, value] of Object.entries(json)) {
    const name = aliases.get(key.toLowerCase());
    if (name === undefined) continue;
    keys.delete(key);
    if (!keys.has(name)) keys.set(name, value);
  }
  return keys;
}

/** A key that is the field's very name comes before one in another case. */
function keyOf({ name }: Field, keys: ReadonlyMap<string, unknown>): string | undefined {
  if (keys.has(name)) return name;
  const folded = name.toLowerCase();
  for (const key of keys.keys()) if (key.length === folded.length && key.toLowerCase() === folded) return key;
  return undefined;
}

function scalarOf(plan: Plan, value: string | number | boolean): unknown {
  switch (plan.kind) {
    case "bool":
      return typeof value === "string" ? boolOf(value) : Boolean(value);
    case "duration":
      return durationOf(typeof value === "string" ? parseDurationNs(value) : wrapped(Number(value), "int64"));
    case "float32":
      return typeof value === "string" ? parseGoFloat32(value) : shortestFloat32(Number(value));
    case "int":
      return typeof value === "string" ? parseGoInt(value, plan.type) : wrapped(Number(value), plan.type);
    default:
      if (typeof value === "string") return value.toWellFormed();
      return typeof value === "boolean" ? String(Number(value)) : decimalOf(value);
  }
}

/** Below minus 104 days it is that: nobody waits less than not at all, and archives have no more bits for it. */
const durationOf = (ns: number): number => Math.max(ns, -Number.MAX_SAFE_INTEGER);

function boolOf(text: string): boolean {
  if (text === "") return false;
  try {
    return goParseBool(text);
  } catch {
    throw new Error(`strconv.ParseBool: parsing ${goQuote(text)}: invalid syntax`);
  }
}

function parsedAs(plan: Plan): string {
  if (plan.kind === "float32") return "float";
  if (plan.kind === "int") return plan.type.startsWith("uint") ? "uint" : "int";
  return plan.kind;
}

function goTypeOf(plan: Plan): string {
  if (plan.kind === "duration") return "time.Duration";
  return plan.kind === "int" ? plan.type : plan.kind;
}
