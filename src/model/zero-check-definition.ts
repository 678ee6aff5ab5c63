/**
 * A check's definition with all its fields at Go's zero values: what Consul prints where it keeps the whole struct. In a
 * file without schemas, so that the command line can take it alone.
 */
export const ZERO_CHECK_DEFINITION = {
  Interval: "0s",
  Timeout: "0s",
  DeregisterCriticalServiceAfter: "0s",
  HTTP: "",
  Header: null,
  Method: "",
  Body: "",
  TLSSkipVerify: false,
  TCP: "",
} as const;
