import { int, mapOf, string, struct } from "../field-spec.ts";

/** Selectors of `connect/intentions`. */
export const INTENTION_FIELDS = struct({
  ID: string,
  Description: string,
  SourceNS: string,
  SourceName: string,
  DestinationNS: string,
  DestinationName: string,
  SourceType: string,
  Action: string,
  DefaultAddr: string,
  DefaultPort: int,
  Meta: mapOf(string),
  Precedence: int,
});
