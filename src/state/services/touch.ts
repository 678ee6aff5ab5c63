import { and, eq, sql } from "drizzle-orm";
import { connectChecksTopic, connectTopic } from "../catalog/topics.ts";
import type { Change } from "../change.ts";
import { prepared } from "../db.ts";
import { gatewaysOf } from "../gateway-services/queries.ts";
import { bumpIndex, dropIndex } from "../indexes/commands.ts";
import { serviceChecksTopic, serviceTopic } from "../topics.ts";
import { services } from "./tables.ts";

/** Under which names readers look at an instance. */
export interface InstanceNames {
  serviceKey: string;
  connectKey: string | null;
}

/** What of an instance changed: itself or its node, or a check that decides on its health. */
export type Aspect = "data" | "checks";

/** Index that moves when the last instance of any service leaves: what readers of an unknown service see. */
export const EXTINCTION_INDEX = "service_last_extinction";

export const serviceIndexName = (serviceKey: string): string => `service.${serviceKey}`;
/** Of what the mesh reaches a service through. Consul takes the highest of its instances' own, which can go back. */
export const connectIndexName = (connectKey: string): string => `connect.${connectKey}`;

const names = { serviceKey: services.serviceKey, connectKey: services.connectKey };

const statements = prepared((db) => ({
  ofNode: db
    .selectDistinct(names)
    .from(services)
    .where(eq(services.nodeKey, sql.placeholder("nodeKey")))
    .prepare(),
  one: db
    .select(names)
    .from(services)
    .where(and(eq(services.nodeKey, sql.placeholder("nodeKey")), eq(services.idKey, sql.placeholder("idKey"))))
    .prepare(),
  ofService: db
    .select({ nodeKey: services.nodeKey })
    .from(services)
    .where(eq(services.serviceKey, sql.placeholder("key")))
    .limit(1)
    .prepare(),
  ofConnect: db
    .select({ nodeKey: services.nodeKey })
    .from(services)
    .where(eq(services.connectKey, sql.placeholder("key")))
    .limit(1)
    .prepare(),
}));

/** Moves the indexes of the names that an instance has and wakes those who look at this aspect of it. */
export function touchInstance(change: Change, { serviceKey, connectKey }: InstanceNames, aspect: Aspect): void {
  const data = aspect === "data";
  bumpIndex(change, serviceIndexName(serviceKey));
  change.touch(data ? serviceTopic(serviceKey) : serviceChecksTopic(serviceKey));
  if (connectKey === null) return;
  bumpIndex(change, connectIndexName(connectKey));
  change.touch(data ? connectTopic(connectKey) : connectChecksTopic(connectKey));
}

/** `touchInstance` for the instances of a node that a check or the node's data belongs to: one, or all for `idKey` "". */
export function touchInstances(change: Change, nodeKey: string, idKey: string, aspect: Aspect): void {
  const run = statements(change.db);
  const touched = idKey === "" ? run.ofNode.all({ nodeKey }) : run.one.all({ nodeKey, idKey });
  for (const instance of touched) touchInstance(change, instance, aspect);
}

/** An instance left its names, which are extinct when it was the last that had them. Its row is gone or renamed. */
export function touchLeft(change: Change, instance: InstanceNames): void {
  touchInstance(change, instance, "data");
  const { serviceKey, connectKey } = instance;
  const run = statements(change.db);
  if (run.ofService.get({ key: serviceKey }) === undefined) forgetIndex(change, serviceIndexName(serviceKey));
  if (connectKey === null || run.ofConnect.get({ key: connectKey }) !== undefined) return;
  if (gatewaysOf(change.db, connectKey, "terminating-gateway").length > 0) return;
  forgetIndex(change, connectIndexName(connectKey));
}

function forgetIndex(change: Change, name: string): void {
  dropIndex(change, name);
  bumpIndex(change, EXTINCTION_INDEX);
}
