/** A check as the API gives it: the server leaves out the empty fields of its definition. */
export interface HealthCheck {
  readonly Definition?: Readonly<Record<string, unknown>>;
}

const EMPTY_DEFINITION = {
  Interval: "0s",
  Timeout: "0s",
  DeregisterCriticalServiceAfter: "0s",
  HTTP: "",
  Header: null,
  Method: "",
  Body: "",
  TLSSkipVerify: false,
  TCP: "",
};

/** A check with every field of its definition, as handlers of watches have always got it. */
export function wholeCheck<Check extends HealthCheck>(check: Check): Check {
  return { ...check, Definition: { ...EMPTY_DEFINITION, ...check.Definition } };
}
