import { goParseBool } from "../lang/filter/go-string.ts";
import { Refusal } from "../lib/refusal.ts";

/** The required `enable` of maintenance calls: Go's words for booleans. Throws a Refusal (400). */
export function parseEnable(value: string | undefined): boolean {
  if (value === undefined || value === "") throw new Refusal("Missing value for enable", 400);
  try {
    return goParseBool(value);
  } catch {
    throw new Refusal(`Invalid value for enable: ${JSON.stringify(value)}`, 400);
  }
}
