import { Database } from "bun:sqlite";
import { Refusal } from "../lib/refusal.ts";
import { errorText } from "./failure.ts";

/** Position in the log that a database of state stands for. */
export interface Applied {
  index: number;
  term: number;
}

/** The entry whose effect is the last one in `db`; zeros for a database without tables. */
export function appliedOf(db: Database): Applied {
  const hasTable = db.query("SELECT 1 FROM sqlite_schema WHERE name = 'applied'").get() !== null;
  const row = hasTable ? db.query('SELECT idx AS "index", term FROM applied').get() : null;
  return (row as Applied | null) ?? { index: 0, term: 0 };
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
  const { user_version: version } = db.query("PRAGMA user_version").get() as { user_version: number };
  const copy = new Database(path, { create: true, readwrite: true });
  try {
    copy.transaction(() => {
      for (const { sql } of rows) copy.run(sql);
      copy.run(`PRAGMA user_version = ${version}`);
    })();
  } finally {
    copy.close();
  }
}

/**
 * Replaces all rows of `db` by those of the database file `image`, in one transaction, and says that they stand for
 * `applied`. Tables are matched by name and columns by name, so an image of an older format fits; one with tables or
 * columns that `db` doesn't know is refused. The schema of `image` is never run.
 */
export function refill(db: Database, image: string, applied: Applied): void {
  db.query("ATTACH ? AS image").run(image);
  try {
    checkImage(db);
    db.transaction(() => {
      for (const table of tablesOf(db, "main")) copyTable(db, table);
      db.query("DELETE FROM main.applied").run();
      db.query("INSERT INTO main.applied (idx, term) VALUES (?, ?)").run(applied.index, applied.term);
    }).immediate();
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal(`failed to restore snapshot: ${errorText(error)}`);
  } finally {
    db.run("DETACH image");
  }
}

function checkImage(db: Database): void {
  const { quick_check: result } = db.query("PRAGMA image.quick_check(1)").get() as { quick_check: string };
  if (result !== "ok") throw new Refusal("failed to restore snapshot: its state is damaged");
  const known = tablesOf(db, "main");
  const unknown = tablesOf(db, "image").find((table) => !known.includes(table));
  if (unknown !== undefined)
    throw new Refusal(`failed to restore snapshot: a newer version wrote it (table ${unknown})`);
}

function copyTable(db: Database, table: string): void {
  db.run(`DELETE FROM main.${quoted(table)}`);
  const columns = columnsOf(db, "image", table);
  if (columns.length === 0) return;
  const known = columnsOf(db, "main", table);
  const unknown = columns.find((column) => !known.includes(column));
  if (unknown !== undefined) {
    throw new Refusal(`failed to restore snapshot: a newer version wrote it (column ${table}.${unknown})`);
  }
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
