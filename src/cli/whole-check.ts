import { ZERO_CHECK_DEFINITION } from "../model/zero-check-definition.ts";

/** A check as the API gives it: the server leaves out the empty fields of its definition. */
export interface HealthCheck {
  readonly Definition?: Readonly<Record<string, unknown>>;
}

/** A check with every field of its definition, as handlers of watches have always got it. */
export function wholeCheck<Check extends HealthCheck>(check: Check): Check {
  return { ...check, Definition: { ...ZERO_CHECK_DEFINITION, ...check.Definition } };
}
