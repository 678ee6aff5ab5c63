import { listOf, mapOf, string, struct } from "../field-spec.ts";
import { CHECK_FIELDS } from "./check.ts";
import { NODE_SERVICE_FIELDS } from "./node-service.ts";

/** Selectors of `internal/ui/nodes`. */
export const NODE_DUMP_FIELDS = struct({
  ID: string,
  Node: string,
  Address: string,
  TaggedAddresses: mapOf(string),
  Meta: mapOf(string),
  Services: listOf(NODE_SERVICE_FIELDS),
  Checks: listOf(CHECK_FIELDS),
});
