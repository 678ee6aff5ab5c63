import {
  bytes,
  count,
  exactText,
  list,
  type Of,
  optional,
  real,
  type Shape,
  struct,
  whole,
} from "../../codec/msgpack/shape.ts";
import { WireError } from "../../codec/wire-error.ts";
import { Refusal } from "../../lib/refusal.ts";
import type { RecordDb, RecordKind } from "./kind.ts";

/** Tables that belong to one log, and are in no archive. */
const OF_THE_LOG = ["applied", "restore_staging"];

type Cell = string | number | Uint8Array | null;

/** SQLite's kinds of values; a cell is a list of the kind's number and the value. */
const KINDS: readonly Shape<Cell>[] = [
  bytes,
  whole as Shape<Cell>,
  real as Shape<Cell>,
  exactText as Shape<Cell>,
] as const;

const kindOf = (cell: Cell) => {
  if (typeof cell === "string") return 3;
  if (typeof cell !== "number") return 0;
  return Number.isSafeInteger(cell) ? 1 : 2;
};

const cell: Shape<Cell> = {
  zero: null,
  read(reader) {
    const shape = reader.array() === 2 ? KINDS[reader.uint(255)] : undefined;
    if (shape === undefined) throw new WireError("a row has a value of an unknown kind");
    return shape.read(reader);
  },
  write(writer, value) {
    const kind = kindOf(value);
    writer.array(2);
    writer.uint(kind);
    KINDS[kind]?.write(writer, value);
  },
};

/** Entries that Consul's log had in parts: a restore forgets them as it forgets the log. */
const noChunks: Shape<undefined> = {
  zero: undefined,
  read: (reader) => reader.skip() as undefined,
  write: (writer) => writer.map(0),
};

const shape = struct({
  ChunkMap: noChunks,
  /** Which Consul passes over, because it doesn't know it. */
  Muster: optional(struct({ Columns: list(exactText), Format: count, Row: list(cell), Table: exactText })),
});
type OwnRow = Of<typeof shape>;

/**
 * Rows of tables that no other kind of record is made of, one in each: what this program has and Consul has not. The first says the
 * format of the state, and no row. `claimed`: the tables of all other kinds.
 */
export function ownRowRecords(claimed: () => readonly string[]): RecordKind<OwnRow> {
  return {
    type: 29,
    shape,
    tables: [],
    load(db, { Muster }) {
      if (Muster === undefined) return true;
      const { Format, Table, Columns, Row } = Muster;
      if (Format > formatOf(db)) throw newer(`format ${Format}; this program knows up to ${formatOf(db)}`);
      if (Table !== "") putRow(db, Table, Columns ?? [], Row ?? [], claimed());
      return true;
    },
    save(db, put) {
      const own = (row: Omit<NonNullable<OwnRow["Muster"]>, "Format">) =>
        put({ ChunkMap: undefined, Muster: { Format: formatOf(db), ...row } });
      own({ Table: "", Columns: null, Row: null });
      for (const Table of tablesOf(db).filter((name) => !claimed().includes(name))) {
        const rows = db.query(`SELECT * FROM ${quoted(Table)}`).iterate() as Iterable<Record<string, Cell>>;
        for (const row of rows) own({ Table, Columns: Object.keys(row), Row: Object.values(row) });
      }
    },
  };
}

function putRow(db: RecordDb, table: string, columns: string[], row: Cell[], claimed: readonly string[]): void {
  if (!tablesOf(db).includes(table) || claimed.includes(table)) throw newer(`table ${table}`);
  const known = (db.query("SELECT name FROM pragma_table_info(?)").all(table) as { name: string }[]).map(
    ({ name }) => name,
  );
  const unknown = columns.find((column) => !known.includes(column));
  if (unknown !== undefined) throw newer(`column ${table}.${unknown}`);
  if (columns.length === 0 || columns.length !== row.length) throw new WireError(`a row of ${table} is not whole`);
  const marks = columns.map(() => "?").join(", ");
  db.query(`INSERT INTO ${quoted(table)} (${columns.map(quoted).join(", ")}) VALUES (${marks})`).run(...row);
}

/** Those that an archive may have. */
export function tablesOf(db: RecordDb): string[] {
  const rows = db
    .query(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
    )
    .all() as { name: string }[];
  return rows.map(({ name }) => name).filter((name) => !OF_THE_LOG.includes(name));
}

function formatOf(db: RecordDb): number {
  return (db.query("PRAGMA user_version").get() as { user_version: number }).user_version;
}

function newer(what: string): Refusal {
  return new Refusal(`failed to restore snapshot: a newer version wrote it (${what})`);
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
