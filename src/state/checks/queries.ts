import { and, asc, eq, sql } from "drizzle-orm";
import type { HealthCheck } from "../../model/check.ts";
import type { Node } from "../../model/node.ts";
import { decodeDoc, decodeDocs } from "../catalog/docs.ts";
import { checksInStateTopic, checksOfServiceTopic } from "../catalog/topics.ts";
import { prepared, type StateDb } from "../db.ts";
import { tableIndex } from "../indexes/queries.ts";
import { hasMeta } from "../nodes/queries.ts";
import { nodes } from "../nodes/tables.ts";
import type { QueryResult } from "../query.ts";
import { CHECKS_TOPIC, NODES_TOPIC, nodeChecksTopic } from "../topics.ts";
import { checks } from "./tables.ts";

const docOnly = { doc: checks.doc };
// One parse for all rows, see decodeDocs.
const withNode = { doc: sql<string>`'{"check":' || ${checks.doc} || ',"node":' || ${nodes.doc} || '}'` };

const statements = prepared((db) => {
  const joined = () => db.select(withNode).from(checks).innerJoin(nodes, eq(nodes.nodeKey, checks.nodeKey));
  const byNodeAndId = [asc(checks.nodeKey), asc(checks.checkKey)] as const;
  return {
    one: db
      .select(docOnly)
      .from(checks)
      .where(and(eq(checks.nodeKey, sql.placeholder("nodeKey")), eq(checks.checkKey, sql.placeholder("checkKey"))))
      .prepare(),
    ofInstance: db
      .select(docOnly)
      .from(checks)
      .where(
        and(eq(checks.nodeKey, sql.placeholder("nodeKey")), eq(checks.serviceIdKey, sql.placeholder("serviceIdKey"))),
      )
      .orderBy(asc(checks.checkKey))
      .prepare(),
    ofNode: db
      .select(docOnly)
      .from(checks)
      .where(eq(checks.nodeKey, sql.placeholder("nodeKey")))
      .orderBy(asc(checks.checkKey))
      .prepare(),
    ofService: joined()
      .where(and(sql`${checks.serviceKey} <> ''`, eq(checks.serviceKey, sql.placeholder("serviceKey"))))
      .orderBy(...byNodeAndId)
      .prepare(),
    inState: joined()
      .where(eq(checks.status, sql.placeholder("status")))
      .orderBy(...byNodeAndId)
      .prepare(),
    all: joined()
      .orderBy(...byNodeAndId)
      .prepare(),
    counts: db
      .select({ status: checks.status, n: sql<number>`count(*)` })
      .from(checks)
      .groupBy(checks.status)
      .orderBy(asc(checks.status))
      .prepare(),
  };
});

/** A check by node and id, both without regard to case. */
export function checkGet(db: StateDb, node: string, checkId: string): HealthCheck | undefined {
  const row = statements(db).one.get({ nodeKey: node.toLowerCase(), checkKey: checkId.toLowerCase() });
  return row && decodeDoc(row);
}

/** The status of a check, or undefined when there is none. */
export function checkStatus(db: StateDb, node: string, checkId: string): string | undefined {
  return checkGet(db, node, checkId)?.Status;
}

/** Checks of one instance, or those of the node itself for `serviceId` "", by check id. */
export function checksOfInstance(db: StateDb, node: string, serviceId: string): HealthCheck[] {
  const keys = { nodeKey: node.toLowerCase(), serviceIdKey: serviceId.toLowerCase() };
  return decodeDocs(statements(db).ofInstance.all(keys));
}

/** Checks of a node and of its services, by check id. */
export function checksOfNode(db: StateDb, node: string): HealthCheck[] {
  return decodeDocs(statements(db).ofNode.all({ nodeKey: node.toLowerCase() }));
}

/** How many checks are in each state. */
export function checkCounts(db: StateDb): { status: string; n: number }[] {
  return statements(db).counts.all();
}

/** All checks of a node. */
export function healthNode(db: StateDb, node: string): QueryResult<HealthCheck[]> {
  return {
    value: checksOfNode(db, node),
    ...tableIndex(db, ["checks"]),
    interest: { topics: [nodeChecksTopic(node)] },
  };
}

/** Checks that carry a service's name, on nodes with all of `nodeMeta`. */
export function healthChecks(
  db: StateDb,
  service: string,
  nodeMeta: Readonly<Record<string, string>> = {},
): QueryResult<HealthCheck[]> {
  const value = onNodes(statements(db).ofService.all({ serviceKey: service.toLowerCase() }), nodeMeta);
  const topic = checksOfServiceTopic(service);
  if (isEmpty(nodeMeta)) return { value, ...tableIndex(db, ["checks"]), interest: { topics: [topic] } };
  return { value, ...tableIndex(db, ["nodes", "checks"]), interest: { topics: [topic, NODES_TOPIC] } };
}

/** Checks in a state, or all for "any", on nodes with all of `nodeMeta`. */
export function healthState(
  db: StateDb,
  state: string,
  nodeMeta: Readonly<Record<string, string>> = {},
): QueryResult<HealthCheck[]> {
  const run = statements(db);
  const value = onNodes(state === "any" ? run.all.all() : run.inState.all({ status: state }), nodeMeta);
  const topic = state === "any" ? CHECKS_TOPIC : checksInStateTopic(state);
  if (isEmpty(nodeMeta)) return { value, ...tableIndex(db, ["checks"]), interest: { topics: [topic] } };
  return { value, ...tableIndex(db, ["nodes", "checks"]), interest: { topics: [topic, NODES_TOPIC] } };
}

function onNodes(rows: readonly { doc: string }[], nodeMeta: Readonly<Record<string, string>>): HealthCheck[] {
  return decodeDocs<{ check: HealthCheck; node: Node }>(rows)
    .filter(({ node }) => hasMeta(node.Meta, nodeMeta))
    .map(({ check }) => check);
}

function isEmpty(map: object): boolean {
  return Object.keys(map).length === 0;
}
