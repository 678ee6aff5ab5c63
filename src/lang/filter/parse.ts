import { Refusal } from "../../lib/refusal.ts";
import type { FilterExpr } from "./ast.ts";
import { filterGrammar } from "./grammar.ts";
import { FAIL, failureText, startParse, TooDeep } from "./peg.ts";

/** Longest filter, in UTF-16 units. Consul's own bound is that of a request's headers. */
export const FILTER_CHARS_MAX = 64 * 1024;

/**
 * Parses a filter expression. Throws a Refusal with status 500 in the words of Consul's parser, without the prefix
 * that some endpoints put before it. An empty text means no filter; the caller handles it.
 */
export function parseFilter(text: string): FilterExpr {
  if (text.length > FILTER_CHARS_MAX) throw new Refusal(`filter expression exceeds ${FILTER_CHARS_MAX} characters`);
  const state = startParse(text);
  try {
    const parsed = filterGrammar(state);
    if (parsed !== FAIL && state.errors.length === 0) return parsed;
  } catch (error) {
    if (error instanceof TooDeep) throw new Refusal("filter expression nests too deeply");
    throw error;
  }
  throw new Refusal(failureText(state));
}
