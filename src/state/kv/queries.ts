import { and, asc, eq, gte, isNotNull, lt, sql } from "drizzle-orm";
import type { KVPair } from "../../model/kv.ts";
import { prepared, type StateDb } from "../db.ts";
import { tableIndex } from "../indexes/queries.ts";
import type { QueryResult } from "../query.ts";
import { kvTopic } from "../topics.ts";
import { type KvRow, kv, kvTombstones } from "./tables.ts";

const TABLE_INDEXES = ["kvs", "tombstones"] as const;

const statements = prepared((db) => ({
  // By hand, like the write in commands.ts: the hottest read.
  byKey: db.$client.prepare<KvRow, [string]>(
    `SELECT key, value, flags, lock_index AS lockIndex, session, create_index AS createIndex,
       modify_index AS modifyIndex, expires_at_ms AS expiresAtMs FROM kv WHERE key = ?`,
  ),
  all: db.select().from(kv).orderBy(asc(kv.key)).prepare(),
  range: db
    .select()
    .from(kv)
    .where(and(gte(kv.key, sql.placeholder("from")), lt(kv.key, sql.placeholder("to"))))
    .orderBy(asc(kv.key))
    .prepare(),
  allKeys: db.select({ key: kv.key, modifyIndex: kv.modifyIndex }).from(kv).orderBy(asc(kv.key)).prepare(),
  rangeKeys: db
    .select({ key: kv.key, modifyIndex: kv.modifyIndex })
    .from(kv)
    .where(and(gte(kv.key, sql.placeholder("from")), lt(kv.key, sql.placeholder("to"))))
    .orderBy(asc(kv.key))
    .prepare(),
  bySession: db
    .select()
    .from(kv)
    .where(eq(kv.session, sql.placeholder("session")))
    .orderBy(asc(kv.key))
    .prepare(),
  tombstones: db
    .select({ index: sql<number | null>`max(${kvTombstones.index})` })
    .from(kvTombstones)
    .where(and(gte(kvTombstones.key, sql.placeholder("from")), lt(kvTombstones.key, sql.placeholder("to"))))
    .prepare(),
  nextExpiry: db
    .select({ key: kv.key, modifyIndex: kv.modifyIndex, expiresAtMs: kv.expiresAtMs })
    .from(kv)
    .where(isNotNull(kv.expiresAtMs))
    .orderBy(asc(kv.expiresAtMs))
    .limit(sql.placeholder("limit"))
    .prepare(),
  tombstoneMax: db
    .select({ index: sql<number | null>`max(${kvTombstones.index})` })
    .from(kvTombstones)
    .prepare(),
}));

/** The stored row of a key, or undefined. */
export function kvRow(db: StateDb, key: string): KvRow | undefined {
  return statements(db).byKey.get(key) ?? undefined;
}

/** Rows under a prefix in key order; every row for "". */
export function kvRows(db: StateDb, prefix: string): KvRow[] {
  return prefix === "" ? statements(db).all.all() : statements(db).range.all(prefixRange(prefix));
}

/** Rows locked by a session, in key order. */
export function kvRowsOfSession(db: StateDb, session: string): KvRow[] {
  return statements(db).bySession.all({ session });
}

/** The `limit` keys that expire first. */
export function kvNextExpiries(
  db: StateDb,
  limit: number,
): { key: string; modifyIndex: number; expiresAtMs: number }[] {
  return statements(db).nextExpiry.all({ limit }) as { key: string; modifyIndex: number; expiresAtMs: number }[];
}

/** Highest index among the tombstones, or 0 when there are none. */
export function kvTombstoneMax(db: StateDb): number {
  return statements(db).tombstoneMax.get()?.index ?? 0;
}

/** One key. A missing key has the table's index, but is woken only by a write of that key (observed, Consul 1.8.7). */
export function kvGet(db: StateDb, key: string): QueryResult<KVPair | undefined> {
  const row = kvRow(db, key);
  const interest = { topics: [kvTopic(key)] };
  if (row === undefined) return { value: undefined, ...tableIndex(db, TABLE_INDEXES), interest };
  return { value: toPair(row), index: row.modifyIndex, interest };
}

/** All pairs under a prefix; see `prefixIndex` for the index. */
export function kvList(db: StateDb, prefix: string): QueryResult<KVPair[]> {
  const rows = kvRows(db, prefix);
  return {
    value: rows.map(toPair),
    ...prefixIndex(db, prefix, rows),
    interest: { topics: [], kvPrefixes: [prefix] },
  };
}

/** Keys under a prefix, cut after the first `separator` behind the prefix and then without duplicates. */
export function kvKeys(db: StateDb, prefix: string, separator: string): QueryResult<string[]> {
  const rows = prefix === "" ? statements(db).allKeys.all() : statements(db).rangeKeys.all(prefixRange(prefix));
  const keys: string[] = [];
  for (const { key } of rows) {
    const at = separator === "" ? -1 : key.indexOf(separator, prefix.length);
    const cut = at < 0 ? key : key.slice(0, at + separator.length);
    if (keys.at(-1) !== cut) keys.push(cut);
  }
  return { value: keys, ...prefixIndex(db, prefix, rows), interest: { topics: [], kvPrefixes: [prefix] } };
}

/**
 * Index of a prefix: the newest change under it, deletions too; the table's index when there is neither, so that a
 * reader of an empty prefix can still block (Consul state store `KVSList`).
 */
function prefixIndex(
  db: StateDb,
  prefix: string,
  rows: readonly { modifyIndex: number }[],
): Pick<QueryResult<unknown>, "index" | "indexNow"> {
  if (prefix === "" || rows.length === 0) return tableIndex(db, TABLE_INDEXES);
  let index = statements(db).tombstones.get(prefixRange(prefix))?.index ?? 0;
  for (const row of rows) index = Math.max(index, row.modifyIndex);
  return { index };
}

/** The half-open range of texts that start with `prefix`, in UTF-8 byte order. */
export function prefixRange(prefix: string): { from: string; to: string } {
  const points = Array.from(prefix);
  while (points.length > 0) {
    const last = points.pop()?.codePointAt(0) ?? 0;
    if (last === 0x10ffff) continue;
    const next = last === 0xd7ff ? 0xe000 : last + 1;
    return { from: prefix, to: points.join("") + String.fromCodePoint(next) };
  }
  return { from: prefix, to: "\u{10ffff}\u{10ffff}" };
}

export function toPair(row: KvRow): KVPair {
  const pair: KVPair = {
    LockIndex: row.lockIndex,
    Key: row.key,
    Flags: BigInt(row.flags),
    Value: row.value,
    CreateIndex: row.createIndex,
    ModifyIndex: row.modifyIndex,
  };
  return row.session === null ? pair : withSession(pair, row.session);
}

/** `Session` stands before the indexes in Consul's JSON. */
function withSession(pair: KVPair, session: string): KVPair {
  const { CreateIndex, ModifyIndex, ...head } = pair;
  return { ...head, Session: session, CreateIndex, ModifyIndex };
}
