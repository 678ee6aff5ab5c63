import { bytes, count, exactText, type Of, optional, struct, uint64 } from "../../codec/msgpack/shape.ts";
import type { RecordKind } from "../records/kind.ts";
import type { KvRow } from "./tables.ts";

const entry = {
  CreateIndex: count,
  Flags: uint64,
  Key: exactText,
  LockIndex: count,
  ModifyIndex: count,
  Session: exactText,
  Value: bytes,
};
/** Consul passes over the expiry, which it doesn't know. */
const shape = struct({ ...entry, MusterExpiresAtMs: optional(count) });
const tombstone = struct(entry);

export const kvRecords: RecordKind<Of<typeof shape>> = {
  type: 2,
  shape,
  tables: ["kv"],
  load(db, record) {
    db.query(
      `INSERT OR REPLACE INTO kv (key, value, flags, lock_index, session, create_index, modify_index, expires_at_ms)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    ).run(
      record.Key,
      record.Value,
      String(record.Flags),
      record.LockIndex,
      record.Session === "" ? null : record.Session,
      record.CreateIndex,
      record.ModifyIndex,
      record.MusterExpiresAtMs ?? null,
    );
    return true;
  },
  save(db, put) {
    const rows = db
      .query(
        `SELECT key, value, flags, lock_index AS lockIndex, session, create_index AS createIndex,
           modify_index AS modifyIndex, expires_at_ms AS expiresAtMs FROM kv ORDER BY key`,
      )
      .iterate() as Iterable<KvRow>;
    for (const row of rows) {
      put({
        Key: row.key,
        Value: row.value,
        Flags: BigInt(row.flags),
        LockIndex: row.lockIndex,
        Session: row.session ?? "",
        CreateIndex: row.createIndex,
        ModifyIndex: row.modifyIndex,
        MusterExpiresAtMs: row.expiresAtMs ?? undefined,
      });
    }
  },
};

/** Deleted keys: records of the same fields, of which two say something. */
export const tombstoneRecords: RecordKind<Of<typeof tombstone>> = {
  type: 5,
  shape: tombstone,
  tables: ["kv_tombstones"],
  load(db, { Key, ModifyIndex }) {
    db.query("INSERT OR REPLACE INTO kv_tombstones (key, idx) VALUES (?, ?)").run(Key, ModifyIndex);
    return true;
  },
  save(db, put) {
    const rows = db.query("SELECT key, idx FROM kv_tombstones ORDER BY key").iterate();
    for (const { key, idx } of rows as Iterable<{ key: string; idx: number }>) {
      put({ ...tombstone.zero, Key: key, ModifyIndex: idx });
    }
  },
};
