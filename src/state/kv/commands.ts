import { and, eq, gte, lt, lte, sql } from "drizzle-orm";
import { Refusal } from "../../lib/refusal.ts";
import { refuseBadSessionId } from "../../model/session.ts";
import type { Change } from "../change.ts";
import { prepared } from "../db.ts";
import { bumpIndex } from "../indexes/commands.ts";
import { sessionExists } from "../sessions/queries.ts";
import { kvTopic } from "../topics.ts";
import { kvRow, kvRows, kvRowsOfSession, prefixRange } from "./queries.ts";
import { type KvRow, kv, kvTombstones } from "./tables.ts";

/** A write of one key. `value` is base64; `expiresAtMs` is wall-clock time, put in by the leader. */
export interface KvWrite {
  key: string;
  value: string | null;
  flags: string;
  expiresAtMs?: number | undefined;
}

export type KvCommand =
  | ({ type: "kv.set" } & KvWrite)
  | ({ type: "kv.cas"; index: number } & KvWrite)
  | ({ type: "kv.lock"; session: string } & KvWrite)
  | ({ type: "kv.unlock"; session: string } & KvWrite)
  | { type: "kv.delete"; key: string }
  | { type: "kv.delete-cas"; key: string; index: number }
  | { type: "kv.delete-tree"; prefix: string }
  | { type: "kv.expire"; keys: { key: string; modifyIndex: number; expiresAtMs: number }[] }
  | { type: "kv.reap-tombstones"; index: number };

const statements = prepared((db) => ({
  // By hand, and bound by position: this is the hottest write, and Drizzle's mapping doubles what it costs.
  upsert: db.$client.prepare<
    unknown,
    [string, Uint8Array | null, string, number, string | null, number, number, number | null]
  >(
    `INSERT INTO kv (key, value, flags, lock_index, session, create_index, modify_index, expires_at_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (key) DO UPDATE SET value = excluded.value, flags = excluded.flags, lock_index = excluded.lock_index,
       session = excluded.session, modify_index = excluded.modify_index, expires_at_ms = excluded.expires_at_ms`,
  ),
  set: db.$client.prepare<unknown, [string, Uint8Array | null, string, number, number | null]>(
    `INSERT INTO kv (key, value, flags, lock_index, session, create_index, modify_index, expires_at_ms)
     VALUES (?1, ?2, ?3, 0, NULL, ?4, ?4, ?5)
     ON CONFLICT (key) DO UPDATE SET value = excluded.value, flags = excluded.flags, lock_index = 0,
       modify_index = excluded.modify_index, expires_at_ms = excluded.expires_at_ms
     WHERE value IS NOT excluded.value OR flags <> excluded.flags OR lock_index <> 0`,
  ),
  renew: db
    .update(kv)
    .set({ expiresAtMs: sql`${sql.placeholder("expiresAtMs")}` })
    .where(eq(kv.key, sql.placeholder("key")))
    .prepare(),
  remove: db
    .delete(kv)
    .where(eq(kv.key, sql.placeholder("key")))
    .prepare(),
  removeAll: db.delete(kv).prepare(),
  removeRange: db
    .delete(kv)
    .where(and(gte(kv.key, sql.placeholder("from")), lt(kv.key, sql.placeholder("to"))))
    .prepare(),
  bury: db
    .insert(kvTombstones)
    .values({ key: sql.placeholder("key"), index: sql.placeholder("index") })
    .onConflictDoUpdate({ target: kvTombstones.key, set: { index: sql`excluded.idx` } })
    .prepare(),
  reap: db
    .delete(kvTombstones)
    .where(lte(kvTombstones.index, sql.placeholder("index")))
    .prepare(),
}));

/**
 * A plain write: keeps the session of a locked key but resets its LockIndex, as Consul 1.8.7 does (observed). The
 * hottest command, hence one statement that writes only what differs.
 */
export function kvSet(change: Change, write: KvWrite): true {
  const run = statements(change.db);
  const expiresAtMs = write.expiresAtMs ?? null;
  const { changes } = run.set.run(write.key, decodeValue(write.value), write.flags, change.index, expiresAtMs);
  if (changes > 0) {
    bumpIndex(change, "kvs");
    change.touch(kvTopic(write.key));
  } else {
    run.renew.run({ key: write.key, expiresAtMs });
  }
  return true;
}

/** Check-and-set: index 0 creates only, any other must be the key's ModifyIndex. False changes nothing. */
export function kvCas(change: Change, write: KvWrite & { index: number }): boolean {
  const existing = kvRow(change.db, write.key);
  if ((existing?.modifyIndex ?? 0) !== write.index) return false;
  store(change, existing, write, 0, existing?.session ?? null);
  return true;
}

/** Takes the lock for a session; false when another session holds it. LockIndex counts acquisitions. */
export function kvLock(change: Change, write: KvWrite & { session: string }): boolean {
  if (write.session === "") throw new Refusal("missing session");
  refuseBadSessionId(write.session);
  if (!sessionExists(change.db, write.session)) throw new Refusal(`invalid session ${JSON.stringify(write.session)}`);
  const existing = kvRow(change.db, write.key);
  const held = existing?.session ?? null;
  if (held !== null && held !== write.session) return false;
  const lockIndex = held === null ? (existing?.lockIndex ?? 0) + 1 : (existing?.lockIndex ?? 0);
  store(change, existing, write, lockIndex, write.session);
  return true;
}

/** Gives the lock back and writes the value; false when the session does not hold it. */
export function kvUnlock(change: Change, write: KvWrite & { session: string }): boolean {
  if (write.session === "") throw new Refusal("missing session");
  const existing = kvRow(change.db, write.key);
  if (existing === undefined || existing.session !== write.session) return false;
  store(change, existing, write, existing.lockIndex, null);
  return true;
}

export function kvDelete(change: Change, key: string): true {
  const existing = kvRow(change.db, key);
  if (existing !== undefined) removeRow(change, key);
  return true;
}

/** A missing key counts as deleted; index 0 never matches a key that exists. */
export function kvDeleteCas(change: Change, key: string, index: number): boolean {
  const existing = kvRow(change.db, key);
  if (existing === undefined) return true;
  if (existing.modifyIndex !== index) return false;
  removeRow(change, key);
  return true;
}

/** Deletes everything under a prefix with one tombstone for the prefix itself. */
export function kvDeleteTree(change: Change, prefix: string): true {
  const rows = kvRows(change.db, prefix);
  if (rows.length === 0) return true;
  const run = statements(change.db);
  if (prefix === "") run.removeAll.run();
  else run.removeRange.run(prefixRange(prefix));
  run.bury.run({ key: prefix, index: change.index });
  bumpIndex(change, "kvs");
  bumpIndex(change, "tombstones");
  for (const row of rows) change.touch(kvTopic(row.key));
  return true;
}

/** Deletes keys whose time is over. One written again since it was found due has another expiry and stays. */
export function kvExpire(change: Change, due: Extract<KvCommand, { type: "kv.expire" }>["keys"]): number {
  let expired = 0;
  for (const { key, modifyIndex, expiresAtMs } of due) {
    const row = kvRow(change.db, key);
    if (row === undefined || row.modifyIndex !== modifyIndex || row.expiresAtMs !== expiresAtMs) continue;
    removeRow(change, key);
    expired++;
  }
  return expired;
}

/** Forgets tombstones up to an index; readers then see the index of what is left. */
export function kvReapTombstones(change: Change, index: number): true {
  statements(change.db).reap.run({ index });
  return true;
}

/** Ends a session's hold on its keys: `delete` removes them, anything else releases them. Returns the keys. */
export function kvEndSession(change: Change, session: string, behavior: string): string[] {
  const rows = kvRowsOfSession(change.db, session);
  for (const row of rows) {
    if (behavior === "delete") removeRow(change, row.key);
    else put(change, { ...row, session: null, modifyIndex: change.index });
  }
  return rows.map((row) => row.key);
}

/** Writes unless nothing changes: a same-value write keeps its indexes and wakes nobody (it may renew the expiry). */
function store(change: Change, existing: KvRow | undefined, write: KvWrite, lockIndex: number, session: string | null) {
  const value = decodeValue(write.value);
  const expiresAtMs = write.expiresAtMs ?? null;
  if (existing !== undefined && sameContent(existing, value, write.flags, lockIndex, session)) {
    if (existing.expiresAtMs !== expiresAtMs) statements(change.db).renew.run({ key: write.key, expiresAtMs });
    return;
  }
  put(change, {
    key: write.key,
    value,
    flags: write.flags,
    lockIndex,
    session,
    createIndex: existing?.createIndex ?? change.index,
    modifyIndex: change.index,
    expiresAtMs,
  });
}

function decodeValue(base64: string | null): Uint8Array | null {
  return base64 === null ? null : Uint8Array.fromBase64(base64);
}

function sameContent(row: KvRow, value: Uint8Array | null, flags: string, lockIndex: number, session: string | null) {
  return row.flags === flags && row.lockIndex === lockIndex && row.session === session && sameBytes(row.value, value);
}

function sameBytes(a: Uint8Array | null, b: Uint8Array | null): boolean {
  const left = a ?? EMPTY;
  const right = b ?? EMPTY;
  return left.length === right.length && left.every((byte, i) => byte === right[i]);
}

const EMPTY = new Uint8Array();

function put(change: Change, row: KvRow): void {
  statements(change.db).upsert.run(
    row.key,
    row.value,
    row.flags,
    row.lockIndex,
    row.session,
    row.createIndex,
    row.modifyIndex,
    row.expiresAtMs,
  );
  bumpIndex(change, "kvs");
  change.touch(kvTopic(row.key));
}

function removeRow(change: Change, key: string): void {
  statements(change.db).remove.run({ key });
  statements(change.db).bury.run({ key, index: change.index });
  bumpIndex(change, "kvs");
  bumpIndex(change, "tombstones");
  change.touch(kvTopic(key));
}

export function applyKv(change: Change, command: KvCommand): boolean | number {
  switch (command.type) {
    case "kv.set":
      return kvSet(change, command);
    case "kv.cas":
      return kvCas(change, command);
    case "kv.lock":
      return kvLock(change, command);
    case "kv.unlock":
      return kvUnlock(change, command);
    case "kv.delete":
      return kvDelete(change, command.key);
    case "kv.delete-cas":
      return kvDeleteCas(change, command.key, command.index);
    case "kv.delete-tree":
      return kvDeleteTree(change, command.prefix);
    case "kv.expire":
      return kvExpire(change, command.keys);
    case "kv.reap-tombstones":
      return kvReapTombstones(change, command.index);
  }
}
