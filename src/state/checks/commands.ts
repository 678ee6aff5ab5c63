import { and, eq, sql } from "drizzle-orm";
import { Refusal } from "../../lib/refusal.ts";
import type { HealthCheck } from "../../model/check.ts";
import { sameButIndexes } from "../catalog/docs.ts";
import { checksInStateTopic, checksOfServiceTopic } from "../catalog/topics.ts";
import type { Change } from "../change.ts";
import { prepared } from "../db.ts";
import { bumpIndex } from "../indexes/commands.ts";
import { nodeExists } from "../nodes/queries.ts";
import { serviceGet } from "../services/queries.ts";
import { touchInstances } from "../services/touch.ts";
import { endSessionsOfCheck } from "../sessions/commands.ts";
import { CHECKS_TOPIC, nodeChecksTopic } from "../topics.ts";
import { checkGet, checksOfInstance } from "./queries.ts";
import { checks } from "./tables.ts";

/** A check as it is registered. Name and tags of its service are taken from the service when `ServiceID` names one. */
export type CheckInput = Omit<HealthCheck, "CreateIndex" | "ModifyIndex">;

const statements = prepared((db) => ({
  insert: db
    .insert(checks)
    .values({
      nodeKey: sql.placeholder("nodeKey"),
      checkKey: sql.placeholder("checkKey"),
      serviceIdKey: sql.placeholder("serviceIdKey"),
      serviceKey: sql.placeholder("serviceKey"),
      status: sql.placeholder("status"),
      doc: sql.placeholder("doc"),
    })
    .prepare(),
  remove: db
    .delete(checks)
    .where(and(eq(checks.nodeKey, sql.placeholder("nodeKey")), eq(checks.checkKey, sql.placeholder("checkKey"))))
    .prepare(),
}));

/**
 * Registers a check. One that says nothing new changes nothing (Consul moves the index of the table all the same; here
 * readers of it would wake for nothing). A check without a status is critical. Throws a Refusal when the node or the
 * service is unknown or the id empty.
 */
export function ensureCheck(change: Change, check: CheckInput): void {
  if (!nodeExists(change.db, check.Node)) throw new Refusal("Missing node registration");
  const service = check.ServiceID === "" ? undefined : serviceGet(change.db, check.Node, check.ServiceID);
  if (check.ServiceID !== "" && service === undefined) throw new Refusal("Missing service registration");
  if (check.CheckID === "") throw new Refusal("failed inserting check: object missing primary index");
  const before = checkGet(change.db, check.Node, check.CheckID);
  const after: HealthCheck = {
    Node: check.Node,
    CheckID: check.CheckID,
    Name: check.Name,
    Status: check.Status === "" ? "critical" : check.Status,
    Notes: check.Notes,
    Output: check.Output,
    ServiceID: check.ServiceID,
    ServiceName: service?.Service ?? check.ServiceName,
    ServiceTags: service === undefined ? check.ServiceTags : (service.Tags ?? []),
    Type: check.Type,
    Definition: check.Definition,
    CreateIndex: before?.CreateIndex ?? change.index,
    ModifyIndex: change.index,
  };
  if (before !== undefined) {
    if (sameButIndexes(before, after)) return;
    statements(change.db).remove.run(keysOf(before));
  }
  statements(change.db).insert.run({ ...keysOf(after), status: after.Status, doc: JSON.stringify(after) });
  touchCheck(change, before, after);
  if (after.Status === "critical") endSessionsOfCheck(change, after.Node, after.CheckID);
}

/** Removes a check and ends the sessions that hang on it; an unknown one is no error. */
export function deleteCheck(change: Change, node: string, checkId: string): void {
  const check = checkGet(change.db, node, checkId);
  if (check !== undefined) remove(change, check);
}

/** Removes the checks of one instance, or those of the node itself for `serviceId` "". */
export function deleteChecksOfInstance(change: Change, node: string, serviceId: string): void {
  for (const check of checksOfInstance(change.db, node, serviceId)) remove(change, check);
}

function remove(change: Change, check: HealthCheck): void {
  statements(change.db).remove.run(keysOf(check));
  touchCheck(change, check, undefined);
  // Observed with Consul 1.8.7: a node's check that leaves moves the services' index too.
  if (check.ServiceID === "") bumpIndex(change, "services");
  endSessionsOfCheck(change, check.Node, check.CheckID);
}

/**
 * Wakes the readers of a check, and of the instances whose health it decides on: before and after, because a check may
 * move from one service to another.
 */
function touchCheck(change: Change, before: HealthCheck | undefined, after: HealthCheck | undefined): void {
  bumpIndex(change, "checks");
  change.touch(CHECKS_TOPIC);
  for (const check of [before, after]) {
    if (check === undefined) continue;
    const { nodeKey, serviceIdKey, serviceKey } = keysOf(check);
    change.touch(nodeChecksTopic(nodeKey));
    change.touch(checksInStateTopic(check.Status));
    if (serviceKey !== "") change.touch(checksOfServiceTopic(serviceKey));
    touchInstances(change, nodeKey, serviceIdKey, "checks");
  }
}

function keysOf(check: HealthCheck) {
  return {
    nodeKey: check.Node.toLowerCase(),
    checkKey: check.CheckID.toLowerCase(),
    serviceIdKey: check.ServiceID.toLowerCase(),
    serviceKey: check.ServiceName.toLowerCase(),
  };
}
