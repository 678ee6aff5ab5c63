import { json, list, nullable, type Of, struct } from "../../codec/msgpack/shape.ts";
import type { RecordKind } from "./kind.ts";

const shape = struct({ State: nullable(struct({ MeshGateways: nullable(list(json)) })) });

/**
 * What a datacenter says of its mesh gateways. Every Consul server writes one of its own datacenter; with no gateways in it, it
 * says nothing, and one with gateways can't be kept.
 */
export const federationRecords: RecordKind<Of<typeof shape>> = {
  type: 30,
  shape,
  tables: [],
  load: (_, { State }) => State === null || (State.MeshGateways ?? []).length === 0,
  save: () => undefined,
};
