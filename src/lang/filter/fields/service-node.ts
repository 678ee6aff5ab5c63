import { bool, int, listOf, mapOf, string, struct } from "../field-spec.ts";
import { CONNECT_FIELDS, PROXY_FIELDS, SERVICE_ADDRESSES_FIELDS, WEIGHTS_FIELDS } from "./service-parts.ts";

/** Selectors of `catalog/service` and `catalog/connect`. */
export const SERVICE_NODE_FIELDS = struct({
  ID: string,
  Node: string,
  Address: string,
  Datacenter: string,
  TaggedAddresses: mapOf(string),
  NodeMeta: mapOf(string),
  ServiceKind: string,
  ServiceID: string,
  ServiceName: string,
  ServiceTags: listOf(string),
  ServiceAddress: string,
  ServiceTaggedAddresses: SERVICE_ADDRESSES_FIELDS,
  ServiceWeights: WEIGHTS_FIELDS,
  ServiceMeta: mapOf(string),
  ServicePort: int,
  ServiceEnableTagOverride: bool,
  ServiceProxy: PROXY_FIELDS,
  ServiceConnect: CONNECT_FIELDS,
});
