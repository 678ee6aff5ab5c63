import { formatDurationNs } from "../../lib/duration.ts";
import { sortedDeep } from "../proxy-shape.ts";
import { type StoredConfigEntry, schemaOfKind } from "./config-entry.ts";
import { isObject } from "./go-value.ts";
import { type Field, type Plan, planOf, type StructPlan } from "./plan.ts";

/** Kinds whose name is given, so that Consul prints none. */
const NAMELESS = ["mesh"];

export interface PrintedConfigEntry {
  readonly Kind: string;
  readonly CreateIndex: number;
  readonly ModifyIndex: number;
  readonly [field: string]: unknown;
}

/** An entry as Consul prints it: fields in its order and without those that say nothing, durations as texts, maps sorted. */
export function printConfigEntry(entry: StoredConfigEntry): PrintedConfigEntry {
  const { CreateIndex, ModifyIndex, Kind } = entry;
  const schema = schemaOfKind(Kind);
  const fields = schema === undefined ? {} : printStruct(planOf(schema), { ...entry });
  if (NAMELESS.includes(Kind)) delete fields.Name;
  return { ...fields, Kind, CreateIndex, ModifyIndex };
}

/** Part of an entry, as it is printed. */
export function printStruct(plan: StructPlan, value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const shown = plan.fields.filter((field) => isShown(field, value[field.name]));
  return Object.fromEntries(shown.map((field) => [field.name, shape(field.plan, value[field.name])]));
}

/** Whether it says something, or is printed in any case. */
export function isShown({ plan, isPointer, isAlways }: Field, value: unknown): boolean {
  // An entry of an earlier version lacks what was added since.
  if (value === undefined) return false;
  if (isAlways) return true;
  if (value === null) return false;
  if (plan.kind === "struct" || isPointer) return true;
  if (Array.isArray(value)) return value.length > 0;
  return isObject(value) ? Object.keys(value).length > 0 : Boolean(value);
}

function shape(plan: Plan, value: unknown): unknown {
  if (value === null) return null;
  if (plan.kind === "duration") return formatDurationNs(Number(value));
  if (plan.kind === "list" && Array.isArray(value)) return value.map((item) => shape(plan.of, item));
  if (!isObject(value)) return value;
  if (plan.kind === "struct") return printStruct(plan, value);
  if (plan.kind !== "map" || plan.of.kind === "any") return sortedDeep(value);
  const { of } = plan;
  const keys = Object.keys(value).sort();
  return Object.fromEntries(keys.map((key) => [key, shape(of, value[key])]));
}
