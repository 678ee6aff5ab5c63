import type { Shape } from "../../codec/msgpack/shape.ts";
import type { RecordDb, RecordKind } from "../records/kind.ts";

/** One value of msgpack with all that it holds, as it is. */
const untouched: Shape<Uint8Array> = {
  zero: new Uint8Array([0xc0]),
  read: (reader) => reader.value(),
  write: (writer, value) => writer.bytes(value),
};

/** The last type of record that Consul 1.8 knows; its server ends when it is given a later one. */
const CONSUL_18_TYPE_MAX = 30;

/** Records of a type that is not served: kept as they came, and written again byte for byte. */
export function keptRecords(type: number): RecordKind<Uint8Array> {
  return {
    type,
    shape: untouched,
    tables: ["kept_records"],
    isKept: true,
    isNewer: () => type > CONSUL_18_TYPE_MAX,
    load(db, value) {
      db.query("INSERT INTO kept_records (type, value) VALUES (?, ?)").run(type, value);
      return true;
    },
    save(db, put) {
      for (const { value } of keptOf(db, type)) put(value);
    },
  };
}

export interface KeptRecord {
  position: number;
  value: Uint8Array;
}

/** In the order in which they came. */
export function keptOf(db: RecordDb, type: number): Iterable<KeptRecord> {
  return db
    .query("SELECT position, value FROM kept_records WHERE type = ? ORDER BY position")
    .iterate(type) as Iterable<KeptRecord>;
}
