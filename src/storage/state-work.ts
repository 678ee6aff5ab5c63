import { Database } from "bun:sqlite";
import { Refusal } from "../lib/refusal.ts";
import { serveKept } from "../state/kept-records/serve.ts";
import { RECORD_KINDS } from "../state/records/table.ts";
import { errorCode, errorText, FormatError, isDamage } from "./failure.ts";

/** Position in the log that a database of state stands for. */
export interface Applied {
  index: number;
  term: number;
  /** What is added to the log's indexes where clients see them. */
  offset: number;
}

/** The archive of a restore that is under way: it belongs to one log, so archives never have it. */
const STAGING_TABLE = "restore_staging";

/** The entry whose effect is the last one in `db`; zeros for a database without tables. */
export function appliedOf(db: Database): Applied {
  const row = hasTable(db, "applied")
    ? (db.query("SELECT * FROM applied").get() as { idx: number; term: number; offset?: number } | null)
    : null;
  return { index: row?.idx ?? 0, term: row?.term ?? 0, offset: row?.offset ?? 0 };
}

/** Format of the state in `db`: the newest step of its migrations. */
export function formatOf(db: Database): number {
  return (db.query("PRAGMA user_version").get() as { user_version: number }).user_version;
}

export function hasTable(db: Database, name: string): boolean {
  return db.query("SELECT 1 FROM sqlite_schema WHERE name = ?").get(name) !== null;
}

/** Forgets the archive that is staged. */
export function clearStaging(db: Database): void {
  if (hasTable(db, STAGING_TABLE)) db.run(`DELETE FROM ${STAGING_TABLE}`);
}

/** Inside a transaction: `db` stands for `applied` now. */
export function saveApplied(db: Database, { index, term, offset }: Applied): void {
  db.query("UPDATE main.applied SET idx = ?, term = ?, offset = ?").run(index, term, offset);
}

interface CheckpointRow {
  busy: number;
  log: number;
  checkpointed: number;
}

/** Bytes in the WAL that a checkpoint would still have to move. */
export function walBytesToMove(db: Database): number {
  const { log, checkpointed } = checkpointPragma(db, "NOOP");
  return (log - checkpointed) * pageBytes(db);
}

/**
 * Moves what it can of the WAL into the database without waiting for anybody, and returns how long the WAL is. The next
 * writer begins it anew when all was moved and no transaction was open.
 */
export function checkpoint(db: Database): number {
  return checkpointPragma(db, "PASSIVE").log * pageBytes(db);
}

/** Moves all of the WAL and makes its file empty. Nobody may be writing. */
export function truncateWal(db: Database): void {
  checkpointPragma(db, "TRUNCATE");
}

/** Space that rows left is used again; when it is this much, and what stays is little, the file is written anew. */
const SHRINK_FREE_BYTES = 32 * 1024 * 1024;
const SHRINK_USED_BYTES_MAX = 16 * 1024 * 1024;

/** Makes the file as long as what is in it, if that is worth it: after a restore, say. Nobody may be writing. */
export function shrink(db: Database): void {
  const { freelist_count: free } = db.query("PRAGMA freelist_count").get() as { freelist_count: number };
  const freeBytes = free * pageBytes(db);
  if (freeBytes < SHRINK_FREE_BYTES || databaseBytes(db) - freeBytes > SHRINK_USED_BYTES_MAX) return;
  db.run("VACUUM");
}

function checkpointPragma(db: Database, mode: "NOOP" | "PASSIVE" | "TRUNCATE"): CheckpointRow {
  return db.query(`PRAGMA wal_checkpoint(${mode})`).get() as CheckpointRow;
}

/** Size of what is committed in `db`. */
export function databaseBytes(db: Database): number {
  return (db.query("PRAGMA page_count").get() as { page_count: number }).page_count * pageBytes(db);
}

function pageBytes(db: Database): number {
  return (db.query("PRAGMA page_size").get() as { page_size: number }).page_size;
}

/** Writes a copy of all that is committed in `db` to the new file `path`; returns what it stands for. */
export function copyInto(db: Database, path: string): Applied {
  db.query("VACUUM INTO ?").run(path);
  const copy = new Database(path, { readonly: true });
  try {
    return appliedOf(copy);
  } finally {
    copy.close();
  }
}

/** Makes `path` an empty database with the tables of `db`. */
export function copySchema(db: Database, path: string): void {
  const rows = db.query("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid").all() as {
    sql: string;
  }[];
  const copy = new Database(path, { create: true, readwrite: true });
  try {
    copy.transaction(() => {
      for (const { sql } of rows) copy.run(sql);
      copy.run(`PRAGMA user_version = ${formatOf(db)}`);
    })();
  } finally {
    copy.close();
  }
}

/**
 * Replaces all rows of `db` by those of the database file `image`, in one transaction, and says that they stand for
 * `applied`. Tables are matched by name and columns by name, so an image of an older format fits. The schema of `image` is
 * never run. Throws a FormatError for one of a newer format, or with tables or columns that `db` doesn't know, and a
 * Refusal for one whose rows don't fit; then nothing has changed. `last` is the end of the transaction.
 */
export function refill(db: Database, image: string, applied: Applied, last?: (db: Database) => void): void {
  attachImage(db, image);
  try {
    checkImage(db);
    db.transaction(() => {
      for (const table of tablesOf(db, "main")) copyTable(db, table);
      serveKept(db, RECORD_KINDS);
      db.run("DELETE FROM main.applied");
      db.run("INSERT INTO main.applied (idx, term, offset) VALUES (0, 0, 0)");
      saveApplied(db, applied);
      last?.(db);
    }).immediate();
  } catch (error) {
    // What is wrong with the rows is the image's fault; all else is this machine's.
    const isUnfit = /^SQLITE_(CONSTRAINT|MISMATCH)/.test(errorCode(error));
    throw isUnfit ? new Refusal(`failed to restore snapshot: ${errorText(error)}`) : error;
  } finally {
    db.run("DETACH image");
  }
}

function attachImage(db: Database, image: string): void {
  try {
    db.query("ATTACH ? AS image").run(image);
  } catch (error) {
    throw isDamage(error) ? damagedImage() : error;
  }
}

function damagedImage(): Refusal {
  return new Refusal("failed to restore snapshot: its state is damaged");
}

function structureOfImage(db: Database): string {
  try {
    return (db.query("PRAGMA image.quick_check(1)").get() as { quick_check: string }).quick_check;
  } catch (error) {
    if (isDamage(error)) return errorText(error);
    throw error;
  }
}

function checkImage(db: Database): void {
  if (structureOfImage(db) !== "ok") throw damagedImage();
  const { user_version: format } = db.query("PRAGMA image.user_version").get() as { user_version: number };
  if (format > formatOf(db)) throw newer(`format ${format}; this program knows up to ${formatOf(db)}`);
  const known = tablesOf(db, "main");
  const unknown = tablesOf(db, "image").find((table) => !known.includes(table));
  if (unknown !== undefined) throw newer(`table ${unknown}`);
}

function newer(what: string): FormatError {
  return new FormatError(`failed to restore snapshot: a newer version wrote it (${what})`);
}

function copyTable(db: Database, table: string): void {
  db.run(`DELETE FROM main.${quoted(table)}`);
  const columns = columnsOf(db, "image", table);
  if (columns.length === 0) return;
  const known = columnsOf(db, "main", table);
  const unknown = columns.find((column) => !known.includes(column));
  if (unknown !== undefined) throw newer(`column ${table}.${unknown}`);
  const list = columns.map(quoted).join(", ");
  db.run(`INSERT INTO main.${quoted(table)} (${list}) SELECT ${list} FROM image.${quoted(table)}`);
}

function tablesOf(db: Database, schema: "main" | "image"): string[] {
  const rows = db
    .query(`SELECT name FROM ${schema}.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'`)
    .all() as { name: string }[];
  return rows.map(({ name }) => name);
}

function columnsOf(db: Database, schema: "main" | "image", table: string): string[] {
  const rows = db.query("SELECT name FROM pragma_table_info(?, ?)").all(table, schema) as { name: string }[];
  return rows.map(({ name }) => name);
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
