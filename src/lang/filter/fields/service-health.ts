import { listOf, struct } from "../field-spec.ts";
import { CHECK_FIELDS } from "./check.ts";
import { NODE_FIELDS } from "./node.ts";
import { NODE_SERVICE_FIELDS } from "./node-service.ts";

/** Selectors of `health/service`, `health/connect`, `health/ingress` and `internal/ui/services`. */
export const SERVICE_HEALTH_FIELDS = struct({
  Node: NODE_FIELDS,
  Service: NODE_SERVICE_FIELDS,
  Checks: listOf(CHECK_FIELDS),
});
