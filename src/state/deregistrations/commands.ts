import { and, asc, eq, lt, sql } from "drizzle-orm";
import { Refusal } from "../../lib/refusal.ts";
import type { HealthCheck } from "../../model/check.ts";
import {
  DEREGISTERED_STATUS,
  type Deregistered,
  type DeregisteredItem,
  idOfDeregistered,
} from "../../model/deregistered.ts";
import type { OwnersClaim } from "../../model/registration.ts";
import type { Change } from "../change.ts";
import { checkGet, checksOfInstance } from "../checks/queries.ts";
import { prepared } from "../db.ts";
import { bumpIndex, dropIndex } from "../indexes/commands.ts";
import { readIndex } from "../indexes/queries.ts";
import { nodeByName } from "../nodes/queries.ts";
import { serviceGet, servicesOfNode } from "../services/queries.ts";
import { agentNode } from "./queries.ts";
import { deregistrations } from "./tables.ts";
import { DEREGISTERED_TOPIC, deregisteredTopic } from "./topics.ts";

/** Of all nodes together; the oldest go first, as if their time were over. */
export const DEREGISTRATIONS_MAX = 8192;

/** Kept in memory, and set only as long as there are messages: most registrations need not look for any. */
const INDEX = "deregistrations";

/** The leader writes these two itself. */
const LEADERS_SERVICE = "consul";
const LEADERS_CHECK = "serfHealth";

/** A service or check of a node. */
export interface ItemName {
  kind: DeregisteredItem["Kind"];
  id: string;
}

/** The owner has dropped these; one that was deregistered again since then (another index) stays. */
interface ForgetCommand {
  type: "deregistration.forget";
  nodeId: string;
  items: (ItemName & { index: number })[];
}

/** What is older is over: its owner never came back. */
interface ExpireCommand {
  type: "deregistration.expire";
  beforeMs: number;
}

export type DeregistrationCommand = ForgetCommand | ExpireCommand;

const key = {
  nodeIdKey: sql.placeholder("nodeIdKey"),
  kind: sql.placeholder("kind"),
  itemKey: sql.placeholder("itemKey"),
};
const isItem = and(
  eq(deregistrations.nodeIdKey, key.nodeIdKey),
  eq(deregistrations.kind, key.kind),
  eq(deregistrations.itemKey, key.itemKey),
);

const statements = prepared((db) => {
  const indexes = () => db.select({ index: deregistrations.index }).from(deregistrations);
  return {
    put: db
      .insert(deregistrations)
      .values({ ...key, index: sql.placeholder("index"), atMs: sql.placeholder("atMs"), doc: sql.placeholder("doc") })
      .onConflictDoUpdate({
        target: [deregistrations.nodeIdKey, deregistrations.kind, deregistrations.itemKey],
        set: { index: sql`excluded.idx`, atMs: sql`excluded.at_ms`, doc: sql`excluded.doc` },
      })
      .prepare(),
    one: indexes().where(isItem).prepare(),
    anyOf: indexes().where(eq(deregistrations.nodeIdKey, key.nodeIdKey)).limit(1).prepare(),
    remove: db.delete(deregistrations).where(isItem).prepare(),
    removeThis: db
      .delete(deregistrations)
      .where(and(isItem, eq(deregistrations.index, sql.placeholder("index"))))
      .prepare(),
    expire: db
      .delete(deregistrations)
      .where(lt(deregistrations.atMs, sql.placeholder("beforeMs")))
      .prepare(),
    count: db.select({ n: sql<number>`count(*)` }).from(deregistrations).prepare(),
    oldest: db
      .select({ nodeIdKey: deregistrations.nodeIdKey, kind: deregistrations.kind, itemKey: deregistrations.itemKey })
      .from(deregistrations)
      .orderBy(
        asc(deregistrations.index),
        asc(deregistrations.nodeIdKey),
        asc(deregistrations.kind),
        asc(deregistrations.itemKey),
      )
      .limit(sql.placeholder("n"))
      .prepare(),
  };
});

export function applyDeregistration(change: Change, command: DeregistrationCommand): true {
  const run = statements(change.db);
  if (command.type === "deregistration.expire") run.expire.run({ beforeMs: command.beforeMs });
  else for (const { index, ...item } of command.items) run.removeThis.run({ ...keyOf(command.nodeId, item), index });
  if (run.count.get()?.n === 0) dropIndex(change, INDEX);
  return true;
}

/**
 * To be called before a service, a check or (without either) a whole node is removed on purpose: leaves a message to its
 * agent about each thing that goes. Nodes without an agent need none.
 */
export function leaveMessages(change: Change, node: string, item: ItemName | undefined, atMs: number): void {
  const owner = agentNode(change.db, node);
  if (owner === undefined) return;
  const going = goingOf(change, owner.Node, item);
  if (going.length === 0) return;
  const run = statements(change.db);
  const index = change.index;
  for (const each of going) {
    const message: Deregistered = { Node: owner.Node, Index: index, AtMs: atMs, ...each };
    const name = { kind: each.Kind, id: idOfDeregistered(each) };
    run.put.run({ ...keyOf(owner.ID, name), index, atMs, doc: JSON.stringify(message) });
  }
  bumpIndex(change, INDEX);
  change.touch(deregisteredTopic(owner.ID));
  change.touch(DEREGISTERED_TOPIC);
  const surplus = (run.count.get()?.n ?? 0) - DEREGISTRATIONS_MAX;
  if (surplus > 0) for (const row of run.oldest.all({ n: surplus })) run.remove.run(row);
}

/** Of a node its services and its own checks: the checks of a service go with it. What the leader writes stays out. */
function goingOf({ db }: Change, node: string, item: ItemName | undefined): DeregisteredItem[] {
  const one = <T>(found: T | undefined): T[] => (found === undefined ? [] : [found]);
  const isService = item?.kind === "service";
  const isCheck = item?.kind === "check";
  const services = isService ? one(serviceGet(db, node, item.id)) : isCheck ? [] : servicesOfNode(db, node);
  const checks = isCheck ? one(checkGet(db, node, item.id)) : isService ? [] : checksOfInstance(db, node, "");
  return [
    ...services.filter(({ ID }) => ID !== LEADERS_SERVICE).map((Was): DeregisteredItem => ({ Kind: "service", Was })),
    ...checks
      .filter(({ CheckID }) => CheckID !== LEADERS_CHECK)
      .map((Was): DeregisteredItem => ({ Kind: "check", Was })),
  ];
}

/** What is registered of a node. */
export interface RegisteredItems {
  node: { ID: string; Node: string };
  service?: { ID: string } | undefined;
  checks: readonly Pick<HealthCheck, "CheckID" | "ServiceID">[];
}

/**
 * To be called before a registration. One from anybody but the owner ends the messages about what it registers, and so
 * does the owner's about what is new; anything else that is deregistered on purpose throws a Refusal. Belongs inside a
 * savepoint.
 */
export function settleMessages(change: Change, { node, service, checks }: RegisteredItems, claim?: OwnersClaim): void {
  if (readIndex(change.db, INDEX) === 0) return;
  const nodeId = node.ID || (nodeByName(change.db, node.Node)?.ID ?? "");
  const run = statements(change.db);
  if (nodeId === "" || run.anyOf.get({ nodeIdKey: nodeId.toLowerCase() }) === undefined) return;
  const serviceIds = new Set([service?.ID ?? "", ...checks.map(({ ServiceID }) => ServiceID)]);
  const items: (ItemName & { isNew: boolean })[] = [
    ...[...serviceIds].map((id) => ({ kind: "service" as const, id, isNew: claim?.service ?? id === service?.ID })),
    ...checks.map(({ CheckID: id }) => ({ kind: "check" as const, id, isNew: claim?.checks.includes(id) ?? true })),
  ];
  for (const { isNew, ...item } of items) {
    if (isNew) run.remove.run(keyOf(nodeId, item));
    else if (claim !== undefined && run.one.get(keyOf(nodeId, item)) !== undefined) {
      throw new Refusal(`${item.kind} ${JSON.stringify(item.id)} was deregistered on purpose`, DEREGISTERED_STATUS);
    }
  }
}

function keyOf(nodeId: string, { kind, id }: ItemName) {
  return { nodeIdKey: nodeId.toLowerCase(), kind, itemKey: id.toLowerCase() };
}
