import { and, eq, sql } from "drizzle-orm";
import { sortedRecord } from "../../lib/go-json.ts";
import { Refusal } from "../../lib/refusal.ts";
import type { NodeService } from "../../model/service.ts";
import { sameButIndexes, sortedMap } from "../catalog/docs.ts";
import type { Change } from "../change.ts";
import { deleteChecksOfInstance } from "../checks/commands.ts";
import { prepared } from "../db.ts";
import { MESH_GATEWAY } from "../federation-states/queries.ts";
import { MESH_GATEWAYS_TOPIC } from "../federation-states/topics.ts";
import { followService } from "../gateway-services/commands.ts";
import { bumpIndex } from "../indexes/commands.ts";
import { nodeExists } from "../nodes/queries.ts";
import { nodeTopic, SERVICES_TOPIC } from "../topics.ts";
import { relist } from "./names.ts";
import { serviceRow } from "./queries.ts";
import { services } from "./tables.ts";
import { touchInstance, touchLeft } from "./touch.ts";

/** An instance as it is registered. Proxy and Connect come in Consul's canonical form: keys in its order, no zero values. */
export type ServiceInput = Omit<NodeService, "CreateIndex" | "ModifyIndex">;

const statements = prepared((db) => ({
  insert: db
    .insert(services)
    .values({
      nodeKey: sql.placeholder("nodeKey"),
      idKey: sql.placeholder("idKey"),
      serviceKey: sql.placeholder("serviceKey"),
      connectKey: sql.placeholder("connectKey"),
      address: sql.placeholder("address"),
      doc: sql.placeholder("doc"),
    })
    .prepare(),
  remove: db
    .delete(services)
    .where(and(eq(services.nodeKey, sql.placeholder("nodeKey")), eq(services.idKey, sql.placeholder("idKey"))))
    .prepare(),
}));

/** Registers an instance; the same once more changes nothing. Throws a Refusal when the node is unknown or the id empty. */
export function ensureService(change: Change, node: string, service: ServiceInput): void {
  if (!nodeExists(change.db, node)) throw new Refusal("Missing node registration");
  if (service.ID === "") throw new Refusal("failed inserting service: object missing primary index");
  const before = serviceRow(change.db, node, service.ID);
  const doc = storedService(service, before?.service.CreateIndex ?? change.index, change.index);
  if (before !== undefined) {
    if (sameButIndexes(before.service, doc)) return;
    statements(change.db).remove.run(before);
  }
  const after = {
    nodeKey: node.toLowerCase(),
    idKey: service.ID.toLowerCase(),
    serviceKey: service.Service.toLowerCase(),
    connectKey: connectKeyOf(service),
  };
  statements(change.db).insert.run({ ...after, address: service.Address, doc: JSON.stringify(doc) });
  touchNode(change, after.nodeKey);
  // Readers of a name or a mesh destination that the instance no longer has must see it gone (Consul forgets them).
  if (before !== undefined && (before.serviceKey !== after.serviceKey || before.connectKey !== after.connectKey)) {
    touchLeft(change, before);
  }
  touchInstance(change, after, "data");
  relist(change, before?.service, service);
  followService(change, before?.service, service);
  if (service.Kind === MESH_GATEWAY || before?.service.Kind === MESH_GATEWAY) change.touch(MESH_GATEWAYS_TOPIC);
}

/** Removes an instance with its checks; an unknown one is no error. */
export function deleteService(change: Change, node: string, serviceId: string): void {
  const row = serviceRow(change.db, node, serviceId);
  if (row === undefined) return;
  deleteChecksOfInstance(change, node, serviceId);
  statements(change.db).remove.run(row);
  // Observed with Consul 1.8.7: moves even when the instance had no checks.
  bumpIndex(change, "checks");
  touchNode(change, row.nodeKey);
  touchLeft(change, row);
  relist(change, row.service, undefined);
  followService(change, row.service, undefined);
  if (row.service.Kind === MESH_GATEWAY) change.touch(MESH_GATEWAYS_TOPIC);
}

function touchNode(change: Change, nodeKey: string): void {
  bumpIndex(change, "services");
  change.touch(SERVICES_TOPIC);
  change.touch(nodeTopic(nodeKey));
}

/** The service that the mesh reaches through this instance, folded; null for an ordinary one. */
export function connectKeyOf(service: ServiceInput): string | null {
  if (service.Kind === "connect-proxy") return String(service.Proxy.DestinationServiceName ?? "").toLowerCase();
  return service.Connect.Native === true ? service.Service.toLowerCase() : null;
}

/** Kind and TaggedAddresses are absent when empty, as Consul prints them. */
export function storedService(service: ServiceInput, createIndex: number, modifyIndex: number): NodeService {
  const { Kind = "", TaggedAddresses = {} } = service;
  return {
    ...(Kind === "" ? {} : { Kind }),
    ID: service.ID,
    Service: service.Service,
    Tags: service.Tags,
    Address: service.Address,
    ...(Object.keys(TaggedAddresses).length === 0 ? {} : { TaggedAddresses: sortedRecord(TaggedAddresses) }),
    Meta: sortedMap(service.Meta),
    Port: service.Port,
    Weights: service.Weights,
    EnableTagOverride: service.EnableTagOverride,
    Proxy: service.Proxy,
    Connect: service.Connect,
    CreateIndex: createIndex,
    ModifyIndex: modifyIndex,
  };
}
