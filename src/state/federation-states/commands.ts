import { eq, sql } from "drizzle-orm";
import type { FederationState, MeshGatewayInstance } from "../../model/federation-state.ts";
import type { Change } from "../change.ts";
import { prepared } from "../db.ts";
import { bumpIndex } from "../indexes/commands.ts";
import { FEDERATION_STATES_INDEX, federationStateGet } from "./queries.ts";
import { federationStates } from "./tables.ts";
import { FEDERATION_STATES_TOPIC, federationStateTopic } from "./topics.ts";

/** `PrimaryModifyIndex` is left out of the own datacenter's: the change that is being made is that. */
export interface FederationStateInput {
  Datacenter: string;
  MeshGateways?: MeshGatewayInstance[] | undefined;
  UpdatedAt: string;
  PrimaryModifyIndex?: number | undefined;
}

export type FederationStateCommand =
  | { type: "federation-state.set"; state: FederationStateInput }
  | { type: "federation-state.delete"; datacenter: string };

const statements = prepared((db) => ({
  remove: db
    .delete(federationStates)
    .where(eq(federationStates.datacenterKey, sql.placeholder("key")))
    .prepare(),
  insert: db
    .insert(federationStates)
    .values({
      datacenterKey: sql.placeholder("key"),
      doc: sql.placeholder("doc"),
      createIndex: sql.placeholder("createIndex"),
      modifyIndex: sql.placeholder("modifyIndex"),
    })
    .prepare(),
}));

export function applyFederationState(change: Change, command: FederationStateCommand): true {
  const datacenter = command.type === "federation-state.set" ? command.state.Datacenter : command.datacenter;
  const key = datacenter.toLowerCase();
  const before = federationStateGet(change.db, datacenter).value;
  if (command.type === "federation-state.delete" && before === undefined) return true;
  const run = statements(change.db);
  run.remove.run({ key });
  if (command.type === "federation-state.set") {
    const createIndex = before?.CreateIndex ?? change.index;
    run.insert.run({ key, doc: docOf(command.state, change.index), createIndex, modifyIndex: change.index });
  }
  bumpIndex(change, FEDERATION_STATES_INDEX);
  change.touch(federationStateTopic(datacenter));
  change.touch(FEDERATION_STATES_TOPIC);
  return true;
}

/** In the order in which Consul prints it. */
export function docOf(
  { Datacenter, MeshGateways = [], UpdatedAt, PrimaryModifyIndex }: FederationStateInput,
  index: number,
): Omit<FederationState, "CreateIndex" | "ModifyIndex"> {
  return {
    Datacenter,
    ...(MeshGateways.length === 0 ? {} : { MeshGateways }),
    UpdatedAt,
    PrimaryModifyIndex: PrimaryModifyIndex ?? index,
  };
}
