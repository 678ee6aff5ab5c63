import { mapOf, string, struct } from "../field-spec.ts";

/** Selectors of `catalog/nodes`, and of `Node` in health answers. */
export const NODE_FIELDS = struct({
  ID: string,
  Node: string,
  Address: string,
  Datacenter: string,
  TaggedAddresses: mapOf(string),
  Meta: mapOf(string),
});
