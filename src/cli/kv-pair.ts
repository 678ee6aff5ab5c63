import type { PrintedKVPair } from "../model/kv.ts";

/** The bytes of a pair's value. */
export function valueBytes(pair: PrintedKVPair): Uint8Array {
  return Buffer.from(pair.Value ?? "", "base64");
}

/** Go's clients may leave a leading slash on a key to read or delete; the store has none. */
export function withoutLeadingSlash(key: string): string {
  return key.startsWith("/") ? key.slice(1) : key;
}

/** Bytes of a base64 text. Throws with Go's text, which names the first bad character. */
export function decodeBase64(text: string): Uint8Array {
  const clean = text.replace(/[\r\n]/g, "");
  const bad = clean.search(/[^A-Za-z0-9+/]/);
  const body = bad === -1 ? clean : clean.slice(0, bad);
  const padding = clean.slice(body.length);
  const padded = body.length % 4 === 0 ? padding === "" : padding === "=".repeat(4 - (body.length % 4));
  if (!padded || body.length % 4 === 1) throw new Error(`illegal base64 data at input byte ${body.length}`);
  return Buffer.from(clean, "base64");
}
