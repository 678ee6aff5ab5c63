import { MsgpackWriter } from "../../codec/msgpack/writer.ts";
import type { RecordDb } from "./kind.ts";
import { tablesOf } from "./own-rows.ts";
import { RECORD_KINDS } from "./table.ts";

/** Bytes that are given away at once. */
const FLUSH_BYTES = 256 * 1024;

/**
 * The content of `state.bin`: a header with the index that clients see, and the records of all rows of `db`. `put` is given parts of
 * it, which are only good until it returns.
 */
export function saveRecords(db: RecordDb, index: number, put: (part: Uint8Array) => void): void {
  const writer = new MsgpackWriter(2 * FLUSH_BYTES);
  writer.map(1);
  writer.text("LastIndex");
  writer.uint(index);
  const tables = tablesOf(db);
  for (const kind of RECORD_KINDS) {
    if (!kind.tables.every((table) => tables.includes(table))) continue;
    kind.save(db, (record) => {
      writer.byte(kind.type);
      kind.shape.write(writer, record);
      if (writer.length < FLUSH_BYTES) return;
      put(writer.view());
      writer.clear();
    });
  }
  put(writer.view());
}
