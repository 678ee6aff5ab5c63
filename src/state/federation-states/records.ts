import { bytes, count, dict, exactText, list, nullable, type Of, struct, text } from "../../codec/msgpack/shape.ts";
import type { FederationState, MeshGatewayInstance } from "../../model/federation-state.ts";
import { checkOf, checkRecordOf, checkShape } from "../checks/records.ts";
import type { RecordKind } from "../records/kind.ts";
import { serviceOf, serviceRecordOf, serviceShape } from "../services/records.ts";
import { docOf } from "./commands.ts";
import { timeBytes, timeOf } from "./go-time.ts";

const node = struct({
  Address: text,
  CreateIndex: count,
  Datacenter: text,
  ID: text,
  Meta: dict(text),
  ModifyIndex: count,
  Node: exactText,
  TaggedAddresses: dict(text),
});

const shape = struct({
  Datacenter: text,
  Op: text,
  State: nullable(
    struct({
      CreateIndex: count,
      Datacenter: exactText,
      MeshGateways: list(struct({ Checks: list(checkShape), Node: nullable(node), Service: nullable(serviceShape) })),
      ModifyIndex: count,
      PrimaryModifyIndex: count,
      UpdatedAt: bytes,
    }),
  ),
  Token: text,
});
type GatewayRecord = NonNullable<NonNullable<Of<typeof shape>["State"]>["MeshGateways"]>[number];

/** What a datacenter says of its mesh gateways. */
export const federationStateRecords: RecordKind<Of<typeof shape>> = {
  type: 30,
  shape,
  tables: ["federation_states"],
  load(db, { State }) {
    if (State === null || State.Datacenter === "") return true;
    const { MeshGateways, CreateIndex, ModifyIndex, Datacenter, PrimaryModifyIndex } = State;
    const gateways = MeshGateways?.map(gatewayOf) ?? [];
    const whole = gateways.filter((gateway) => gateway !== undefined);
    if (whole.length < gateways.length) return false;
    const doc = docOf(
      { Datacenter, MeshGateways: whole, PrimaryModifyIndex, UpdatedAt: timeOf(State.UpdatedAt) },
      ModifyIndex,
    );
    db.query("INSERT OR REPLACE INTO federation_states VALUES (?, ?, ?, ?)").run(
      Datacenter.toLowerCase(),
      JSON.stringify(doc),
      CreateIndex,
      ModifyIndex,
    );
    return true;
  },
  save(db, put) {
    const rows = db
      .query("SELECT doc, create_index, modify_index FROM federation_states ORDER BY datacenter_key")
      .all();
    for (const row of rows as { doc: string; create_index: number; modify_index: number }[]) {
      const { MeshGateways, ...state } = JSON.parse(row.doc) as FederationState;
      const State = {
        ...{
          ...state,
          MeshGateways: MeshGateways?.map(gatewayRecordOf) ?? null,
          UpdatedAt: timeBytes(state.UpdatedAt),
        },
        ...{ CreateIndex: row.create_index, ModifyIndex: row.modify_index },
      };
      put({ Datacenter: "", Op: "upsert", State, Token: "" });
    }
  },
};

function gatewayOf({ Node, Service, Checks }: GatewayRecord): MeshGatewayInstance | undefined {
  if (Node === null || Service === null) return undefined;
  const { ID, Address, Datacenter, TaggedAddresses, Meta, CreateIndex, ModifyIndex } = Node;
  const checks = (Checks ?? []).map((check) => ({ ...checkOf(check), ServiceTags: check.ServiceTags }));
  return {
    Node: { ID, Node: Node.Node, Address, Datacenter, TaggedAddresses, Meta, CreateIndex, ModifyIndex },
    Service: serviceOf(Service),
    Checks: checks.length === 0 ? null : checks,
  };
}

function gatewayRecordOf({ Node, Service, Checks }: MeshGatewayInstance): GatewayRecord {
  return {
    Node,
    Service: serviceRecordOf(Service),
    Checks: Checks?.map((check) => checkRecordOf({ ...check, ServiceTags: check.ServiceTags ?? [] })) ?? null,
  };
}
