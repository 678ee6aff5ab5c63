import { Refusal } from "../../lib/refusal.ts";
import { RegexpSyntaxError } from "../re2/ast.ts";
import { compileRegexp } from "../re2/regexp.ts";
import type { FilterExpr, MatchExpr, MatchOperator } from "./ast.ts";
import type { FieldSpec, StructSpec } from "./field-spec.ts";
import { goParseBool, goParseInt, goQuote } from "./go-string.ts";

export type FilterPredicate = (item: unknown) => boolean;

const EQUALITY: readonly MatchOperator[] = ["Equal", "Not Equal"];
const EMPTINESS: readonly MatchOperator[] = ["Is Empty", "Is Not Empty"];
const MEMBERSHIP: readonly MatchOperator[] = ["In", "Not In"];
const PATTERN: readonly MatchOperator[] = ["Matches", "Not Matches"];

/**
 * Checks `expr` against the selectable fields and makes a predicate on items of that shape. Throws a Refusal with
 * status 500 in Consul's words for unknown selectors, operators that a field's kind does not have, values that do not
 * fit it and bad regular expressions. Fields that an item lacks count as Go's zero value; a missing key of a map
 * answers true to every negative question.
 */
export function compileFilter(expr: FilterExpr, fields: StructSpec): FilterPredicate {
  if (expr.kind === "match") return compileMatch(expr, fields);
  if (expr.kind === "not") {
    const operand = compileFilter(expr.operand, fields);
    return (item) => !operand(item);
  }
  const left = compileFilter(expr.left, fields);
  const right = compileFilter(expr.right, fields);
  return expr.kind === "and" ? (item) => left(item) && right(item) : (item) => left(item) || right(item);
}

function compileMatch(expr: MatchExpr, fields: StructSpec): FilterPredicate {
  const spec = resolve(expr, fields);
  const path = goQuote(expr.selector.join("."));
  if (!operatorsOf(spec).includes(expr.operator))
    throw new Refusal(`Invalid match operator ${goQuote(expr.operator)} for selector ${path}`);
  return descend(expr, 0, fields, leaf(expr, spec, path));
}

/** The spec that the selector ends at. */
function resolve(expr: MatchExpr, fields: StructSpec): FieldSpec {
  let spec: FieldSpec = fields;
  expr.selector.forEach((name, index) => {
    const inner: FieldSpec = spec.kind === "list" ? spec.of : spec;
    const next = inner.kind === "struct" ? inner.fields.get(name) : inner.kind === "map" ? inner.of : undefined;
    if (next === undefined)
      throw new Refusal(`Selector ${goQuote(expr.selector.slice(0, index + 1).join("."))} is not valid`);
    spec = next;
  });
  return spec;
}

function operatorsOf(spec: FieldSpec): readonly MatchOperator[] {
  if (spec.kind === "string") return [...EQUALITY, ...MEMBERSHIP, ...PATTERN];
  if (spec.kind === "struct") return [];
  if (spec.kind === "map") return [...EMPTINESS, ...MEMBERSHIP];
  if (spec.kind === "list") return spec.of.kind === "struct" ? EMPTINESS : [...EMPTINESS, ...MEMBERSHIP];
  return EQUALITY;
}

/** Walks from the item to the value that `test` looks at. */
function descend(expr: MatchExpr, depth: number, spec: FieldSpec, test: FilterPredicate): FilterPredicate {
  const name = expr.selector[depth];
  if (name === undefined) return test;
  if (spec.kind === "list") {
    const inner = descend(expr, depth, spec.of, test);
    return (value) => Array.isArray(value) && value.some(inner);
  }
  if (spec.kind === "map") {
    const inner = descend(expr, depth + 1, spec.of, test);
    const whenMissing = !["Equal", "Is Not Empty", "In"].includes(expr.operator);
    return (value) => (hasKey(value, name) ? inner(value[name]) : whenMissing);
  }
  const field = spec.kind === "struct" ? spec.fields.get(name) : undefined;
  const inner = descend(expr, depth + 1, field ?? spec, test);
  return (value) => inner(hasKey(value, name) ? value[name] : undefined);
}

function hasKey(value: unknown, key: string): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key);
}

function leaf(expr: MatchExpr, spec: FieldSpec, path: string): FilterPredicate {
  const positive = positiveLeaf(expr, spec, path);
  return expr.operator.includes("Not") ? (value) => !positive(value) : positive;
}

function positiveLeaf(expr: MatchExpr, spec: FieldSpec, path: string): FilterPredicate {
  if (expr.value === null) return isEmpty;
  const wanted = coerce(expr.value, spec, path);
  switch (expr.operator) {
    case "Matches":
    case "Not Matches": {
      const matches = pattern(expr.value);
      return (value) => matches(typeof value === "string" ? value : "");
    }
    case "In":
    case "Not In":
      return memberTest(spec, wanted);
    default:
      return equalTest(spec, wanted);
  }
}

function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return typeof value !== "object" || value === null || Object.keys(value).length === 0;
}

function memberTest(spec: FieldSpec, wanted: string | number | boolean): FilterPredicate {
  if (spec.kind === "list") return (value) => Array.isArray(value) && value.includes(wanted);
  const text = String(wanted);
  if (spec.kind === "map") return (value) => hasKey(value, text);
  return (value) => (typeof value === "string" ? value : "").includes(text);
}

function equalTest(spec: FieldSpec, wanted: string | number | boolean): FilterPredicate {
  if (spec.kind === "int") return (value) => (typeof value === "bigint" ? Number(value) : (value ?? 0)) === wanted;
  const zero = spec.kind === "bool" ? false : "";
  return (value) => (value ?? zero) === wanted;
}

function coerce(value: string, spec: FieldSpec, path: string): string | number | boolean {
  const kind = spec.kind === "list" ? spec.of.kind : spec.kind;
  try {
    if (kind === "int") return goParseInt(value);
    if (kind === "bool") return goParseBool(value);
    return value;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Refusal(`Failed to coerce value ${goQuote(value)} for selector ${path}: ${why}`);
  }
}

function pattern(text: string): (value: string) => boolean {
  try {
    const regexp = compileRegexp(text);
    return (value) => regexp.test(value);
  } catch (error) {
    if (!(error instanceof RegexpSyntaxError)) throw error;
    throw new Refusal(`Failed to compile regular expression ${goQuote(text)}: ${error.message}`);
  }
}
