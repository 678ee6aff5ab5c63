import { MsgpackWriter } from "../../codec/msgpack/writer.ts";
import { keptOf } from "../kept-records/records.ts";
import type { RecordDb, RecordKind } from "./kind.ts";
import { count, named, type RecordCounts } from "./load.ts";
import { tablesOf } from "./own-rows.ts";
import { RECORD_KINDS } from "./table.ts";

/** Bytes that are given away at once. */
const FLUSH_BYTES = 256 * 1024;

export interface SaveOptions {
  /** Index that clients see, for the header. */
  index: number;
  /** Do without the records that Consul 1.8 can't restore. */
  withoutNewer: boolean;
}

/**
 * The content of `state.bin`: a header, and the records of all rows of `db`. `put` is given parts of it, which are only good until
 * it returns. Returns what was left out.
 */
export function saveRecords(db: RecordDb, options: SaveOptions, put: (part: Uint8Array) => void): RecordCounts {
  const writer = new MsgpackWriter(2 * FLUSH_BYTES);
  writer.map(1);
  writer.text("LastIndex");
  writer.uint(options.index);
  const flush = () => {
    put(writer.view());
    writer.clear();
  };
  const tables = tablesOf(db);
  const leftOut = new Map<number, number>();
  for (const kind of RECORD_KINDS) {
    if (!kind.tables.every((table) => tables.includes(table))) continue;
    kind.save(db, (record) => {
      if (options.withoutNewer && kind.isNewer?.(record)) return count(leftOut, kind.type);
      writer.byte(kind.type);
      kind.shape.write(writer, record);
      if (writer.length >= FLUSH_BYTES) flush();
    });
    if (tables.includes("kept_records")) saveLeftover(db, kind, writer);
  }
  flush();
  return named(leftOut);
}

/** Records that were kept until their kind was served, and say what its tables can't hold. */
function saveLeftover(db: RecordDb, { type, isKept }: RecordKind<unknown>, writer: MsgpackWriter): void {
  if (isKept) return;
  for (const { value } of keptOf(db, type)) {
    writer.byte(type);
    writer.bytes(value);
  }
}
