/** A pair as the API gives it. `Flags` and indexes are bigint beyond 2^53; `Value` is base64, null when empty. */
export interface KvPair {
  readonly Key: string;
  readonly CreateIndex: number | bigint;
  readonly ModifyIndex: number | bigint;
  readonly LockIndex: number | bigint;
  readonly Flags: number | bigint;
  readonly Value: string | null;
  readonly Session?: string;
}

/** The bytes of a pair's value. */
export function valueBytes(pair: KvPair): Uint8Array {
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
