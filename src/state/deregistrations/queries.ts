import { asc, eq, gt, sql } from "drizzle-orm";
import type { Deregistered } from "../../model/deregistered.ts";
import type { Node } from "../../model/node.ts";
import { decodeDocs } from "../catalog/docs.ts";
import { checkStatus } from "../checks/queries.ts";
import { prepared, type StateDb } from "../db.ts";
import { nodeByName } from "../nodes/queries.ts";
import { deregistrations } from "./tables.ts";

const statements = prepared((db) => ({
  ofNode: db
    .select({ doc: deregistrations.doc })
    .from(deregistrations)
    .where(eq(deregistrations.nodeIdKey, sql.placeholder("nodeIdKey")))
    .orderBy(asc(deregistrations.kind), asc(deregistrations.itemKey))
    .prepare(),
  newest: db
    .select({ index: sql<number | null>`max(${deregistrations.index})` })
    .from(deregistrations)
    .prepare(),
  ownersSince: db
    .selectDistinct({ node: sql<string>`json_extract(${deregistrations.doc}, '$.Node')` })
    .from(deregistrations)
    .where(gt(deregistrations.index, sql.placeholder("index")))
    .prepare(),
  oldest: db
    .select({ atMs: sql<number | null>`min(${deregistrations.atMs})` })
    .from(deregistrations)
    .prepare(),
}));

/** What of the node with this id was deregistered on purpose and its agent has not dropped yet. */
export function deregistrationsOf(db: StateDb, nodeId: string): Deregistered[] {
  return nodeId === "" ? [] : decodeDocs(statements(db).ofNode.all({ nodeIdKey: nodeId.toLowerCase() }));
}

/** When the oldest of all was made; undefined when there is none. */
export function oldestDeregistrationMs(db: StateDb): number | undefined {
  return statements(db).oldest.get()?.atMs ?? undefined;
}

/** Index of the newest of all; 0 when there is none. */
export function newestDeregistration(db: StateDb): number {
  return statements(db).newest.get()?.index ?? 0;
}

/** Names of the nodes that something was deregistered of after this index. */
export function ownersSince(db: StateDb, index: number): string[] {
  return statements(db)
    .ownersSince.all({ index })
    .map(({ node }) => node);
}

/** The node of this name, if an agent is behind it: the leader keeps a check of its membership. */
export function agentNode(db: StateDb, name: string): Node | undefined {
  const node = nodeByName(db, name);
  return node === undefined || node.ID === "" || checkStatus(db, name, "serfHealth") === undefined ? undefined : node;
}
