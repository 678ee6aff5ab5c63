import { bool, int, listOf, mapOf, string, struct } from "../field-spec.ts";
import { CONNECT_FIELDS, PROXY_FIELDS, SERVICE_ADDRESSES_FIELDS, WEIGHTS_FIELDS } from "./service-parts.ts";

/** Selectors of services: `agent/services`, `catalog/node`, `catalog/node-services`, and `Service` in health answers. */
export const NODE_SERVICE_FIELDS = struct({
  Kind: string,
  ID: string,
  Service: string,
  Tags: listOf(string),
  Address: string,
  TaggedAddresses: SERVICE_ADDRESSES_FIELDS,
  Meta: mapOf(string),
  Port: int,
  Weights: WEIGHTS_FIELDS,
  EnableTagOverride: bool,
  Proxy: PROXY_FIELDS,
  Connect: CONNECT_FIELDS,
});
