import { compileFilter, type FilterPredicate } from "../lang/filter/compile.ts";
import type { StructSpec } from "../lang/filter/field-spec.ts";
import { parseFilter } from "../lang/filter/parse.ts";
import { Refusal } from "../lib/refusal.ts";

/** What `?filter=` of a catalog read keeps. Throws a Refusal (500) in Consul's words. */
export function filterPredicate(expression: string, fields: StructSpec): FilterPredicate {
  try {
    return compileFilter(parseFilter(expression), fields);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new Refusal(`Failed to create boolean expression evaluator: ${error.message}`, error.status);
  }
}

/** `?filter=` on a plain list. */
export function filterList<T>(fields: StructSpec): (answer: T[], expression: string) => T[] {
  return (answer, expression) => answer.filter(filterPredicate(expression, fields));
}
