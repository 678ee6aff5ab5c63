import { z } from "zod";
import { Refusal } from "../lib/refusal.ts";
import type { ByteReader, ByteWriter } from "./bytes.ts";
import type { Wire } from "./types.ts";

/**
 * Wire values as text: JSON, in which an object with the single key `$bytes` (base64) or `$bigint` (decimal) stands for
 * what JSON has not. An object of the value itself that has a key beginning with `$` goes into one with the key `$`.
 * Undefined is the empty text; numbers that JSON has not become null, as JSON does it.
 */
const DEPTH_MAX = 100;
const BYTES = "$bytes";
const BIGINT = "$bigint";
const ESCAPED = "$";
const DOLLAR = 0x24;

/** How values travel in a message, of which they are the end. */
export interface WireCodec {
  write(out: ByteWriter, value: Wire): void;
  /** Undefined for what is no value. What it gives is in an object, since it may be undefined itself. */
  read(input: ByteReader): { value: Wire } | undefined;
}

/** One text. */
export const TEXT_ONLY: WireCodec = {
  write: (out, value) => out.tail(encodeWire(value)),
  read: (input) => decodeWire(input.tail()),
};

/** A text with its length in front, in which `$bytes` is a number: so many of the bytes that follow it, in order. */
export const TEXT_AND_BYTES: WireCodec = {
  write(out, value) {
    const parts: Uint8Array[] = [];
    out.text(toText(value, (bytes) => parts.push(bytes) && bytes.length));
    for (const part of parts) out.raw(part);
  },
  read(input) {
    const text = input.text(input.left);
    return fromText(text, (length) => {
      if (typeof length !== "number" || !Number.isSafeInteger(length) || length < 0) throw new Error("no length");
      const bytes = new Uint8Array(input.raw(length));
      if (!input.isGood) throw new Error("too few bytes");
      return bytes;
    });
  },
};

/** Throws only for what no Wire value is (cycles, too deep). */
export function encodeWire(value: Wire): string {
  return toText(value, (bytes) => bytes.toBase64());
}

/** Undefined when the text is none of `encodeWire`; the value is in an object, since it may be undefined itself. */
export function decodeWire(text: string): { value: Wire } | undefined {
  return fromText(text, (base64) => {
    if (typeof base64 !== "string") throw new Error("no base64");
    return Uint8Array.fromBase64(base64);
  });
}

/** What stands for bytes in the text. */
type PutBytes = (bytes: Uint8Array) => string | number;
/** Throws for what stands for none. */
type TakeBytes = (mark: unknown) => Uint8Array;

function toText(value: Wire, put: PutBytes): string {
  if (value === undefined) return "";
  return JSON.stringify(isPlain(value, 0) ? value : tagged(value, put));
}

function fromText(text: string, take: TakeBytes): { value: Wire } | undefined {
  if (text === "") return { value: undefined };
  try {
    const value: unknown = JSON.parse(text);
    return { value: text.includes('{"$') ? untagged(value, take, 0) : value };
  } catch {
    return undefined;
  }
}

/** Whether JSON.stringify alone does it. */
function isPlain(value: unknown, depth: number): boolean {
  if (typeof value === "bigint") return false;
  if (typeof value !== "object" || value === null) return true;
  if (value instanceof Uint8Array) return false;
  if (depth > DEPTH_MAX) throw new Error("a value of a call is nested too deeply");
  if (Array.isArray(value)) return value.every((each) => isPlain(each, depth + 1));
  for (const key of Object.keys(value)) {
    if (key.charCodeAt(0) === DOLLAR || !isPlain((value as Record<string, unknown>)[key], depth + 1)) return false;
  }
  return true;
}

/** Whether an object holds texts, numbers and the like alone, under plain names: it stays as it is. Most are such. */
function isFlat(value: object): boolean {
  for (const key of Object.keys(value)) {
    const each = (value as Record<string, unknown>)[key];
    if (key.charCodeAt(0) === DOLLAR || typeof each === "bigint" || (typeof each === "object" && each !== null)) {
      return false;
    }
  }
  return true;
}

/** A copy in which everything is plain. */
function tagged(value: unknown, put: PutBytes, depth = 0): unknown {
  if (typeof value === "bigint") return { [BIGINT]: value.toString() };
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Uint8Array) return { [BYTES]: put(value) };
  if (depth > DEPTH_MAX) throw new Error("a value of a call is nested too deeply");
  if (Array.isArray(value)) return value.map((each) => tagged(each, put, depth + 1));
  if (isFlat(value)) return value;
  const entries = Object.entries(value).map(([key, each]) => [key, tagged(each, put, depth + 1)] as const);
  const copy = Object.fromEntries(entries);
  return entries.some(([key]) => key.startsWith("$")) ? { [ESCAPED]: copy } : copy;
}

/** Throws for a tag that says nothing. */
function untagged(value: unknown, take: TakeBytes, depth: number): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (depth > 2 * DEPTH_MAX) throw new Error("too deep");
  if (Array.isArray(value)) return value.map((each) => untagged(each, take, depth + 1));
  if (isFlat(value)) return value;
  const entries = Object.entries(value);
  const [key, inner] = entries.length === 1 ? (entries[0] as [string, unknown]) : ["", undefined];
  if (key === BYTES) return take(inner);
  if (key === BIGINT && typeof inner === "string" && /^-?\d{1,100}$/.test(inner)) return BigInt(inner);
  if (key.startsWith("$") && key !== ESCAPED) throw new Error("unknown tag");
  const source = key === ESCAPED ? Object.entries(inner as object) : entries;
  return Object.fromEntries(source.map(([name, each]) => [name, untagged(each, take, depth + 1)]));
}

const FAILURE_TEXT_MAX = 8000;
const failureSchema = z.object({
  /** `not executed`: the method certainly had no effect. */
  kind: z.enum(["refusal", "not executed", "error"]),
  text: z.string(),
  /** These are a refusal's. */
  status: z.int().min(100).max(599).optional(),
  outcome: z.enum(["refused", "unknown"]).optional(),
});

/** How a call failed, as it travels. */
export type Failure = z.infer<typeof failureSchema>;

export function failureOf(error: unknown): Failure {
  if (!(error instanceof Refusal))
    return { kind: "error", text: error instanceof Error ? error.message : String(error) };
  const { message: text, status, outcome } = error;
  return { kind: "refusal", text, status, ...(outcome === undefined ? {} : { outcome }) };
}

export function encodeFailure(failure: Failure): string {
  return JSON.stringify({ ...failure, text: failure.text.slice(0, FAILURE_TEXT_MAX) });
}

export function decodeFailure(text: string): Failure | undefined {
  return parseJson(failureSchema, text);
}

/** What `text` says, if it is JSON that the schema takes. */
export function parseJson<T>(schema: z.ZodType<T>, text: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
