import { goQuote } from "../../lang/filter/go-string.ts";
import { Refusal } from "../../lib/refusal.ts";
import { type ConfigEntry, schemaOfKind } from "./config-entry.ts";
import { goKind, isObject, manyErrors } from "./go-value.ts";
import { planOf, type StructPlan } from "./plan.ts";
import { WeakDecoder } from "./weak-decoder.ts";

/** Indexes that a body may bring along from an answer; they are looked at and not kept. */
const RAFT_INDEX: StructPlan = {
  kind: "struct",
  fields: ["CreateIndex", "ModifyIndex"].map((name) => ({
    name,
    plan: { kind: "int", type: "uint64" },
    isPointer: false,
    isAlways: false,
    isLater: false,
  })),
  aliases: new Map(),
};
const IGNORED = ["CreateIndex", "ModifyIndex"];

/**
 * An entry from decoded JSON, as Consul takes it: keys in CamelCase, with underlines and in any case, and values of other types where
 * they can be meant. Nothing is normalised or checked yet. Throws a Refusal (400) in Consul's words, without a prefix.
 */
export function decodeConfigEntry(json: unknown): ConfigEntry {
  const body = json === null ? {} : json;
  if (!isObject(body)) throw new Refusal(`'' expected a map, got '${goKind(body)}'`, 400);
  const schema = schemaOfKind(kindOf(body));
  if (schema === undefined) throw new Refusal(`invalid config entry kind: ${kindOf(body)}`, 400);
  const plan = planOf(schema);
  const decoder = new WeakDecoder();
  const { RaftIndex: _, ...entry } = decoder.struct(withRaftIndex(plan), body, "");
  if (decoder.errors.length > 0) throw new Refusal(decodingErrors(decoder.errors), 400);
  const unknown = decoder.unknown.filter((key) => !IGNORED.includes(key));
  if (unknown.length > 0) throw new Refusal(unknownText(unknown), 400);
  // The decoder goes by the schema, field by field.
  return entry as unknown as ConfigEntry;
}

const extended = new WeakMap<StructPlan, StructPlan>();

function withRaftIndex(plan: StructPlan): StructPlan {
  const known = extended.get(plan);
  if (known !== undefined) return known;
  const field = { name: "RaftIndex", plan: RAFT_INDEX, isPointer: false, isAlways: false, isLater: false };
  const made = { ...plan, fields: [...plan.fields, field] };
  extended.set(plan, made);
  return made;
}

function kindOf(body: Record<string, unknown>): string {
  if (!Object.hasOwn(body, "Kind") && !Object.hasOwn(body, "kind")) {
    throw new Refusal("Payload does not contain a kind/Kind key at the top level", 400);
  }
  const kind = Object.hasOwn(body, "Kind") ? body.Kind : body.kind;
  if (typeof kind !== "string") throw new Refusal("Kind value in payload is not a string", 400);
  return kind;
}

/** Several errors of a `WeakDecoder` as one. */
export function decodingErrors(errors: readonly string[]): string {
  const points = [...errors].sort().map((error) => `* ${error}`);
  return `${errors.length} error(s) decoding:\n\n${points.join("\n")}`;
}

function unknownText(keys: readonly string[]): string {
  return manyErrors(
    keys.map((key) => {
      const more = key.toLowerCase().endsWith("namespace") ? ", namespaces are a consul enterprise feature" : "";
      return `invalid config key ${goQuote(key)}${more}`;
    }),
  );
}
