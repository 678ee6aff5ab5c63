import type { z } from "zod";
import { goJsonSyntaxError } from "../lang/go-json-errors.ts";
import { decodeGoJson } from "../lib/go-json.ts";
import { Refusal } from "../lib/refusal.ts";
import { decodeGo } from "../model/go-decode.ts";

/**
 * Decodes a JSON body as Go does (see `decodeGo`): the content type does not matter (`curl -d` sends a form's), and an
 * empty body is `EOF`. Throws a Refusal (400) in Go's words behind `errorPrefix`.
 */
export function decodeJsonBody<T extends z.ZodType>(schema: T, bytes: Uint8Array, errorPrefix: string): z.output<T> {
  const text = new TextDecoder().decode(bytes);
  let json: unknown;
  try {
    json = decodeGoJson(text);
  } catch {
    throw new Refusal(`${errorPrefix}${goJsonSyntaxError(text)}`, 400);
  }
  return prefixed(errorPrefix, () => decodeGo(schema, json));
}

/** Runs `decode`; what it refuses is told behind `prefix`. */
export function prefixed<T>(prefix: string, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (error instanceof Refusal) throw new Refusal(`${prefix}${error.message}`, error.status);
    throw error;
  }
}
