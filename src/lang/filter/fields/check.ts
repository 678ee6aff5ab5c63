import { listOf, string, struct } from "../field-spec.ts";

/** Selectors of checks: `health/node`, `health/checks`, `health/state` and `agent/checks`. */
export const CHECK_FIELDS = struct({
  Node: string,
  CheckID: string,
  Name: string,
  Status: string,
  Notes: string,
  Output: string,
  ServiceID: string,
  ServiceName: string,
  ServiceTags: listOf(string),
  Type: string,
});
