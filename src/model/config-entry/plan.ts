import { z } from "zod";
import { assert } from "../../lib/assert.ts";
import type { GoRules } from "../go-decode.ts";
import type { GoIntType } from "./go-number.ts";

/**
 * An entry's schema as the Go type that it stands for: what decoding, printing and archives go by. Made of the schema, once, so that
 * the schema stays the one truth.
 */
export type Plan =
  | { readonly kind: "string" | "time" | "bool" | "duration" | "float32" | "any" }
  | { readonly kind: "int"; readonly type: GoIntType }
  | StructPlan
  | { readonly kind: "list"; readonly of: Plan }
  | { readonly kind: "map"; readonly of: Plan };

export interface StructPlan {
  readonly kind: "struct";
  readonly fields: readonly Field[];
  /** By spellings that are not the field's own, lower case: the field's name, lower case. */
  readonly aliases: ReadonlyMap<string, string>;
}

export interface Field {
  readonly name: string;
  readonly plan: Plan;
  /** A pointer in Go: null where nothing was said. */
  readonly isPointer: boolean;
  /** Printed even while it says nothing. */
  readonly isAlways: boolean;
  /** Of a version after 1.8. */
  readonly isLater: boolean;
}

const plans = new WeakMap<z.ZodType, StructPlan>();

export function planOf(schema: z.ZodObject): StructPlan {
  const known = plans.get(schema);
  if (known !== undefined) return known;
  const plan = structPlan(schema);
  plans.set(schema, plan);
  return plan;
}

/** What Go has where nothing is said. */
export function zeroOf(plan: Plan): unknown {
  switch (plan.kind) {
    case "string":
    case "time":
      return "";
    case "bool":
      return false;
    case "int":
    case "duration":
    case "float32":
      return 0;
    case "struct":
      return Object.fromEntries(plan.fields.map((field) => [field.name, field.isPointer ? null : zeroOf(field.plan)]));
    default:
      return null;
  }
}

function structPlan(schema: z.ZodObject): StructPlan {
  const fields = Object.entries(schema.shape).map(([name, field]) => fieldPlan(name, field as z.ZodType));
  const aliases = Object.entries(schema.shape).flatMap(([name, field]) =>
    spellingsOf(name, rulesOf(field as z.ZodType)).map((spelling) => [spelling, name.toLowerCase()]),
  );
  return { kind: "struct", fields, aliases: new Map(aliases.filter(([a, b]) => a !== b) as [string, string][]) };
}

/** A duration says its spellings only where it has others. */
function spellingsOf(name: string, { aliases, duration }: GoRules): readonly string[] {
  return aliases === undefined || (duration === true && aliases.length === 0) ? [underlined(name)] : aliases;
}

function fieldPlan(name: string, schema: z.ZodType): Field {
  const { inner, isNullable, rules } = unwrapped(schema);
  const plan = planFor(inner, rules);
  const holdsNull = plan.kind === "list" || plan.kind === "map" || plan.kind === "any";
  return {
    name,
    plan,
    isPointer: isNullable && !holdsNull,
    isAlways: rules.always === true,
    isLater: rules.later === true,
  };
}

function planFor(schema: z.ZodType, rules: GoRules): Plan {
  if (rules.duration) return { kind: "duration" };
  if (rules.type === "time") return { kind: "time" };
  if (schema instanceof z.ZodString || schema instanceof z.ZodLiteral) return { kind: "string" };
  if (schema instanceof z.ZodBoolean) return { kind: "bool" };
  if (schema instanceof z.ZodNumber) {
    return rules.type === "float32"
      ? { kind: "float32" }
      : { kind: "int", type: rules.type === "uint32" ? "uint32" : "int" };
  }
  if (schema instanceof z.ZodObject) return structPlan(schema);
  if (schema instanceof z.ZodArray) return { kind: "list", of: bare(schema.element as z.ZodType) };
  if (schema instanceof z.ZodRecord) return { kind: "map", of: bare(schema.valueType as z.ZodType) };
  assert(schema instanceof z.ZodUnknown, `config entries have no fields of the kind ${schema.def.type}`);
  return { kind: "any" };
}

function bare(schema: z.ZodType): Plan {
  const { inner, rules } = unwrapped(schema);
  return planFor(inner, rules);
}

function unwrapped(schema: z.ZodType): { inner: z.ZodType; isNullable: boolean; rules: GoRules } {
  let inner = schema;
  let isNullable = false;
  let rules = rulesOf(schema);
  while (inner instanceof z.ZodDefault || inner instanceof z.ZodNullable) {
    isNullable ||= inner instanceof z.ZodNullable;
    inner = inner.unwrap() as z.ZodType;
    rules = { ...rulesOf(inner), ...rules };
  }
  return { inner, isNullable, rules };
}

const rulesOf = (schema: z.ZodType): GoRules => (schema.meta()?.go as GoRules | undefined) ?? {};

/** `LocalConnectTimeoutMs` as `local_connect_timeout_ms`, `CAFile` as `ca_file`. */
function underlined(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1_$2")
    .toLowerCase();
}
