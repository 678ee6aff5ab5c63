import { z } from "zod";
import { goJsonSyntaxError } from "../lang/go-json-errors.ts";
import { decodeGoJson } from "../lib/go-json.ts";
import { Refusal } from "../lib/refusal.ts";

/**
 * Decodes a JSON body as Go does: the content type does not matter (`curl -d` sends a form's), keys match without regard
 * to case, unknown keys are ignored unless the schema is strict, and an empty body is `EOF`.
 */
export function decodeJsonBody<T extends z.ZodType>(schema: T, bytes: Uint8Array, errorPrefix: string): z.output<T> {
  const text = new TextDecoder().decode(bytes);
  const refuse = (reason: string) => new Refusal(`${errorPrefix}${reason}`, 400);
  let value: unknown;
  try {
    value = decodeGoJson(text);
  } catch {
    throw refuse(goJsonSyntaxError(text));
  }
  const parsed = schema.safeParse(foldKeys(schema, value));
  if (parsed.success) return parsed.data;
  throw refuse(issueText(parsed.error.issues[0], value));
}

/** Renames keys to the schema's spelling, at every depth the schema describes. */
export function foldKeys(schema: z.ZodType, value: unknown): unknown {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodArray && Array.isArray(value)) {
    return value.map((item) => foldKeys(inner.element as z.ZodType, item));
  }
  if (!isRecord(value)) return value;
  if (inner instanceof z.ZodRecord) {
    return mapValues(value, (item) => foldKeys(inner.valueType as z.ZodType, item));
  }
  if (!(inner instanceof z.ZodObject)) return value;
  const shape = inner.shape as Record<string, z.ZodType>;
  const spelling = new Map(Object.keys(shape).map((key) => [key.toLowerCase(), key]));
  const folded: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    const known = spelling.get(key.toLowerCase());
    if (known === undefined) folded[key] = item;
    else folded[known] = foldKeys(shape[known] as z.ZodType, item);
  }
  return folded;
}

function unwrap(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault) {
    return unwrap(schema.unwrap() as z.ZodType);
  }
  if (schema instanceof z.ZodPipe) return unwrap(schema.in as z.ZodType);
  return schema;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function mapValues(record: Record<string, unknown>, map: (value: unknown) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}

function issueText(issue: z.core.$ZodIssue | undefined, value: unknown): string {
  if (issue === undefined) return "invalid body";
  if (issue.code === "unrecognized_keys") return `json: unknown field ${JSON.stringify(issue.keys[0])}`;
  const path = issue.path.join(".");
  if (issue.code === "invalid_type") {
    const got = goKind(
      issue.path.reduce<unknown>(
        (at, key) => (isRecord(at) || Array.isArray(at) ? at[key as never] : undefined),
        value,
      ),
    );
    return `json: cannot unmarshal ${got} into Go struct field .${path} of type ${GO_TYPES[issue.expected] ?? issue.expected}`;
  }
  return path === "" ? issue.message : `${path}: ${issue.message}`;
}

const GO_TYPES: Record<string, string> = {
  number: "int",
  boolean: "bool",
  record: "map[string]string",
  array: "[]string",
};

function goKind(value: unknown): string {
  if (Array.isArray(value)) return "array";
  if (typeof value === "boolean") return "bool";
  return typeof value;
}
