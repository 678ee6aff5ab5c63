import type { z } from "zod";
import { firstGoJsonValue, goJsonSyntaxError } from "../lang/go-json-errors.ts";
import { decodeGoJson } from "../lib/go-json.ts";
import { Refusal } from "../lib/refusal.ts";
import { decodeGo } from "../model/go-decode.ts";

/**
 * Decodes a JSON body as Go does (see `decodeGo`): the content type does not matter (`curl -d` sends a form's), and an
 * empty body is `EOF`. What stands behind the first value is not looked at. Throws a Refusal (400) in Go's words behind `errorPrefix`.
 */
export function decodeJsonBody<T extends z.ZodType>(schema: T, bytes: Uint8Array, errorPrefix: string): z.output<T> {
  const text = new TextDecoder().decode(bytes);
  const json = parsed(text, errorPrefix);
  return prefixed(errorPrefix, () => decodeGo(schema, json));
}

function parsed(text: string, errorPrefix: string): unknown {
  try {
    return decodeGoJson(text);
  } catch {
    const first = firstGoJsonValue(text);
    if (first !== undefined) return decodeGoJson(first);
    throw new Refusal(`${errorPrefix}${goJsonSyntaxError(text)}`, 400);
  }
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
