import type { Database } from "bun:sqlite";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MsgpackReader } from "../../src/codec/msgpack/reader.ts";
import { MsgpackWriter } from "../../src/codec/msgpack/writer.ts";
import { RecordLoader } from "../../src/state/records/load.ts";
import { readStateBin, writeStateBin } from "../../src/storage/state-bin.ts";
import { unpacked } from "./archives.ts";
import { stateRig } from "./state-rig.ts";

/** An empty state. */
export function emptyState(): Database {
  return stateRig().db.$client;
}

export async function stateBinOf(archive: Uint8Array): Promise<Uint8Array> {
  return inTemp(async (path) => {
    await unpacked(archive, path);
    return new Uint8Array(readFileSync(path));
  });
}

/** The content of `state.bin` with these records; values are JSON, and their numbers are floats. */
export function stateBinWith(records: readonly (readonly [type: number, value: unknown])[]): Uint8Array {
  const writer = new MsgpackWriter();
  writer.map(1);
  writer.text("LastIndex");
  writer.uint(9);
  for (const [type, value] of records) {
    writer.byte(type);
    writer.json(value);
  }
  return writer.take();
}

/** Loads records into a state; returns the index of their header and what was left out. */
export function loaded(db: Database, stateBin: Uint8Array) {
  return inTemp((path) => {
    writeFileSync(path, stateBin);
    const loader = new RecordLoader(db);
    const index = readStateBin(path, loader);
    return { index, ...loader.finish() };
  });
}

export function saved(db: Database, index = 1, { withoutNewer = false } = {}): Uint8Array {
  return inTemp((path) => {
    writeStateBin(db, { index, withoutNewer }, path);
    return new Uint8Array(readFileSync(path));
  });
}

/** The records as JSON, which is enough to tell two apart, with the type in front; the header is left out. */
export function recordsOf(stateBin: Uint8Array): { type: number; text: string }[] {
  const reader = new MsgpackReader(stateBin);
  reader.skip();
  const records: { type: number; text: string }[] = [];
  while (reader.left > 0) records.push({ type: reader.uint(255), text: JSON.stringify(sorted(reader.json(64))) });
  return records;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  );
}

/** All rows of all tables, but for what belongs to a log. */
export function rowsOf(db: Database): Record<string, unknown[]> {
  const tables = db
    .query(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN ('applied', 'restore_staging') ORDER BY name",
    )
    .all() as { name: string }[];
  return Object.fromEntries(
    tables.map(({ name }) => {
      const rows = db.query(`SELECT * FROM "${name}"`).all();
      return [name, rows.map((row) => JSON.stringify(row)).sort()];
    }),
  );
}

/** `use` may also be asynchronous. */
function inTemp<T>(use: (path: string) => T): T {
  const dir = mkdtempSync(join(tmpdir(), "archive-"));
  const remove = () => rmSync(dir, { recursive: true });
  let isPending = false;
  try {
    const result = use(join(dir, "state.bin"));
    if (!(result instanceof Promise)) return result;
    isPending = true;
    return result.finally(remove) as T;
  } finally {
    if (!isPending) remove();
  }
}
