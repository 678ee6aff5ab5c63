import { and, asc, eq, ne, sql } from "drizzle-orm";
import type { Session } from "../../model/session.ts";
import { prepared, type StateDb } from "../db.ts";
import { tableIndex } from "../indexes/queries.ts";
import type { QueryResult } from "../query.ts";
import { nodeSessionsTopic, SESSIONS_TOPIC, sessionTopic } from "../topics.ts";
import { sessionChecks, sessions } from "./tables.ts";

const statements = prepared((db) => ({
  byId: db
    .select()
    .from(sessions)
    .where(eq(sessions.id, sql.placeholder("id")))
    .prepare(),
  byNode: db
    .select()
    .from(sessions)
    .where(sql`lower(${sessions.node}) = ${sql.placeholder("node")}`)
    .orderBy(asc(sessions.id))
    .prepare(),
  all: db.select().from(sessions).orderBy(asc(sessions.id)).prepare(),
  withTtl: db
    .select({ id: sessions.id, ttl: sessions.ttl })
    .from(sessions)
    .where(and(ne(sessions.ttl, ""), ne(sessions.ttl, "0s")))
    .prepare(),
  byCheck: db
    .select({ session: sessionChecks.session })
    .from(sessionChecks)
    .where(and(eq(sessionChecks.node, sql.placeholder("node")), eq(sessionChecks.checkId, sql.placeholder("checkId"))))
    .prepare(),
}));

const INDEXES = ["sessions"] as const;

export function sessionExists(db: StateDb, id: string): boolean {
  return statements(db).byId.get({ id }) !== undefined;
}

export function sessionRow(db: StateDb, id: string): Session | undefined {
  const row = statements(db).byId.get({ id });
  return row && toSession(row);
}

/** Ids of the sessions on a node; the name is matched without regard to case. */
export function sessionIdsOfNode(db: StateDb, node: string): string[] {
  return statements(db)
    .byNode.all({ node: node.toLowerCase() })
    .map((row) => row.id);
}

/** Ids of the sessions that hang on a check of a node. */
export function sessionIdsOfCheck(db: StateDb, node: string, checkId: string): string[] {
  return statements(db)
    .byCheck.all({ node: node.toLowerCase(), checkId })
    .map((row) => row.session);
}

/** Every session that ends by itself: what a new leader starts its timers from. */
export function sessionsWithTtl(db: StateDb): { id: string; ttl: string }[] {
  return statements(db).withTtl.all();
}

/** One session by id, or undefined. */
export function sessionGet(db: StateDb, id: string): QueryResult<Session | undefined> {
  return { value: sessionRow(db, id), ...tableIndex(db, INDEXES), interest: { topics: [sessionTopic(id)] } };
}

export function sessionList(db: StateDb): QueryResult<Session[]> {
  const value = statements(db).all.all().map(toSession);
  return { value, ...tableIndex(db, INDEXES), interest: { topics: [SESSIONS_TOPIC] } };
}

/** Sessions of one node. */
export function sessionsOfNode(db: StateDb, node: string): QueryResult<Session[]> {
  const value = statements(db).byNode.all({ node: node.toLowerCase() }).map(toSession);
  return { value, ...tableIndex(db, INDEXES), interest: { topics: [nodeSessionsTopic(node)] } };
}

function toSession(row: typeof sessions.$inferSelect): Session {
  return {
    ID: row.id,
    Name: row.name,
    Node: row.node,
    LockDelay: row.lockDelayNs,
    Behavior: row.behavior,
    TTL: row.ttl,
    NodeChecks: row.nodeChecks,
    ServiceChecks: row.serviceChecks,
    CreateIndex: row.createIndex,
    ModifyIndex: row.modifyIndex,
  };
}
