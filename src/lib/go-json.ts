/**
 * JSON as Go's `encoding/json` writes it, because clients compare bytes: `<`, `>`, `&`, U+2028 and U+2029 are escaped,
 * bytes are base64, 64-bit integers keep all their digits. The order of keys is that of the object; whoever builds an
 * object that stands for a Go map builds it with `sortedRecord`.
 */
declare global {
  interface JSON {
    /** TC39 "JSON.parse source text access"; missing in the compiler's library. */
    rawJSON(text: string): unknown;
  }
}

const UNSAFE = /[<>&\u2028\u2029]/g;
const UNSAFE_TEST = /[<>&\u2028\u2029]/;
const ESCAPES: Record<string, string> = {
  "<": "\\u003c",
  ">": "\\u003e",
  "&": "\\u0026",
  "\u2028": "\\u2028",
  "\u2029": "\\u2029",
};

/** Text of `value`; `pretty` gives four spaces and a final newline as Consul's `?pretty` does. */
export function encodeGoJson(value: unknown, pretty = false): string {
  return escapeGoJson(pretty ? `${JSON.stringify(value, goValue, 4)}\n` : JSON.stringify(value, goValue));
}

/** JSON as Go's encoder escapes it; what `JSON.stringify` gave lacks only that. */
export function escapeGoJson(text: string): string {
  return UNSAFE_TEST.test(text) ? text.replace(UNSAFE, (char) => ESCAPES[char] ?? char) : text;
}

function goValue(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return JSON.rawJSON(value.toString());
  if (value instanceof Uint8Array) return value.toBase64();
  return value;
}

/** Parses JSON and keeps integers beyond 2^53 exact, as bigint. Throws SyntaxError. */
export function decodeGoJson(text: string): unknown {
  return BIG_NUMBER.test(text) ? JSON.parse(text, exactNumber) : JSON.parse(text);
}

const BIG_NUMBER = /\d{16}/;

function exactNumber(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value) || context?.source === undefined) return value;
  return /^-?\d+$/.test(context.source) ? BigInt(context.source) : value;
}

/** A copy of a string map with its keys in bytewise order, which is how Go prints maps. */
export function sortedRecord<T>(map: Readonly<Record<string, T>>): Record<string, T> {
  const sorted: Record<string, T> = {};
  for (const key of Object.keys(map).sort()) sorted[key] = map[key] as T;
  return sorted;
}
