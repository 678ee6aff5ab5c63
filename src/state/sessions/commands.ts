import { eq, sql } from "drizzle-orm";
import { Refusal } from "../../lib/refusal.ts";
import type { Session } from "../../model/session.ts";
import type { Change } from "../change.ts";
import { checkStatus } from "../checks/queries.ts";
import { prepared } from "../db.ts";
import { bumpIndex } from "../indexes/commands.ts";
import { kvEndSession } from "../kv/commands.ts";
import { nodeExists } from "../nodes/queries.ts";
import { endQueriesOfSession } from "../queries/commands.ts";
import { nodeSessionsTopic, SESSIONS_TOPIC, sessionTopic } from "../topics.ts";
import { sessionIdsOfCheck, sessionIdsOfNode, sessionRow } from "./queries.ts";
import { sessionChecks, sessions } from "./tables.ts";

export type SessionCommand =
  | { type: "session.create"; session: Omit<Session, "CreateIndex" | "ModifyIndex"> }
  | { type: "session.destroy"; ids: string[] };

const statements = prepared((db) => ({
  insert: db
    .insert(sessions)
    .values({
      id: sql.placeholder("id"),
      name: sql.placeholder("name"),
      node: sql.placeholder("node"),
      lockDelayNs: sql.placeholder("lockDelayNs"),
      behavior: sql.placeholder("behavior"),
      ttl: sql.placeholder("ttl"),
      nodeChecks: sql.placeholder("nodeChecks"),
      serviceChecks: sql.placeholder("serviceChecks"),
      createIndex: sql.placeholder("index"),
      modifyIndex: sql.placeholder("index"),
    })
    .prepare(),
  link: db
    .insert(sessionChecks)
    .values({
      node: sql.placeholder("node"),
      checkId: sql.placeholder("checkId"),
      session: sql.placeholder("session"),
    })
    .onConflictDoNothing()
    .prepare(),
  remove: db
    .delete(sessions)
    .where(eq(sessions.id, sql.placeholder("id")))
    .prepare(),
  unlink: db
    .delete(sessionChecks)
    .where(eq(sessionChecks.session, sql.placeholder("id")))
    .prepare(),
}));

/** Creates a session on a known node whose checks all exist and none of which is critical. Returns its id. */
export function sessionCreate(change: Change, session: Omit<Session, "CreateIndex" | "ModifyIndex">): string {
  if (!nodeExists(change.db, session.Node)) throw new Refusal("Missing node registration");
  const checkIds = [...(session.NodeChecks ?? []), ...(session.ServiceChecks ?? []).map((check) => check.ID)];
  for (const checkId of checkIds) {
    const status = checkStatus(change.db, session.Node, checkId);
    if (status === undefined) throw new Refusal(`Missing check '${checkId}' registration`);
    if (status === "critical") throw new Refusal(`Check '${checkId}' is in critical state`);
  }
  const run = statements(change.db);
  run.insert.run({
    id: session.ID,
    name: session.Name,
    node: session.Node,
    lockDelayNs: session.LockDelay,
    behavior: session.Behavior,
    ttl: session.TTL,
    nodeChecks: session.NodeChecks,
    serviceChecks: session.ServiceChecks,
    index: change.index,
  });
  const node = session.Node.toLowerCase();
  for (const checkId of checkIds) run.link.run({ node, checkId, session: session.ID });
  touchSession(change, session);
  return session.ID;
}

/**
 * Ends a session: its keys are released or deleted and locked out for its lock delay, its prepared queries end. Unknown
 * ids are no error.
 */
export function sessionDestroy(change: Change, id: string): true {
  const session = sessionRow(change.db, id);
  if (session === undefined) return true;
  const run = statements(change.db);
  run.remove.run({ id });
  run.unlink.run({ id });
  touchSession(change, session);
  endQueriesOfSession(change, id);
  const keys = kvEndSession(change, id, session.Behavior);
  if (session.LockDelay > 0 && keys.length > 0) change.delayLocks(keys, session.LockDelay);
  return true;
}

/** The node left the catalog: its sessions end in the same commit. */
export function endSessionsOfNode(change: Change, node: string): void {
  for (const id of sessionIdsOfNode(change.db, node)) sessionDestroy(change, id);
}

/** A check became critical or is gone: the sessions that hang on it end in the same commit. */
export function endSessionsOfCheck(change: Change, node: string, checkId: string): void {
  for (const id of sessionIdsOfCheck(change.db, node, checkId)) sessionDestroy(change, id);
}

export function applySession(change: Change, command: SessionCommand): string | boolean {
  if (command.type === "session.create") return sessionCreate(change, command.session);
  for (const id of command.ids) sessionDestroy(change, id);
  return true;
}

function touchSession(change: Change, session: { ID: string; Node: string }): void {
  bumpIndex(change, "sessions");
  change.touch(sessionTopic(session.ID));
  change.touch(nodeSessionsTopic(session.Node));
  change.touch(SESSIONS_TOPIC);
}
