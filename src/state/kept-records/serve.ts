import { MsgpackReader } from "../../codec/msgpack/reader.ts";
import { WireError } from "../../codec/wire-error.ts";
import type { RecordDb, RecordKind } from "../records/kind.ts";
import { keptOf } from "./records.ts";

/**
 * Makes rows of the records that were kept by a version that didn't serve their kind, if this one does. Those that its tables
 * can't hold stay kept. What comes of it hangs on the rows alone, so that all servers of one version have the same.
 */
export function serveKept(db: RecordDb, kinds: readonly RecordKind<unknown>[]): void {
  if (!hasKept(db)) return;
  const forget = db.query("DELETE FROM kept_records WHERE position = ?");
  for (const kind of kinds.filter(({ isKept }) => !isKept)) {
    const served = [...keptOf(db, kind.type)].filter(({ value }) => isTaken(db, kind, value));
    for (const { position } of served) forget.run(position);
    if (served.length > 0) kind.finish?.(db);
  }
}

function isTaken(db: RecordDb, kind: RecordKind<unknown>, value: Uint8Array): boolean {
  try {
    return kind.load(db, kind.shape.read(new MsgpackReader(value)));
  } catch (error) {
    if (error instanceof WireError) return false;
    throw error;
  }
}

/** Asked at every start: mostly there are none, and older states have no table for them. */
function hasKept(db: RecordDb): boolean {
  const table = db.query("SELECT 1 FROM sqlite_schema WHERE name = 'kept_records'").get();
  return table !== null && db.query("SELECT 1 FROM kept_records LIMIT 1").get() !== null;
}
