import type { MsgpackReader } from "../../codec/msgpack/reader.ts";
import { nameOfRecord } from "../../codec/snapshot-types.ts";
import type { RecordDb } from "./kind.ts";
import { RECORD_KINDS } from "./table.ts";

/** How many records of a type there are, by Consul's name of the type. */
export type RecordCounts = Readonly<Record<string, number>>;

export interface Loaded {
  /** Those that couldn't be taken. */
  leftOut: RecordCounts;
  /** Those that are in the state and not served. */
  kept: RecordCounts;
}

/** Fills the empty tables of `db` from the records of a snapshot. */
export class RecordLoader {
  readonly #db: RecordDb;
  readonly #leftOut = new Map<number, number>();
  readonly #kept = new Map<number, number>();
  readonly #kinds = new Map(RECORD_KINDS.map((kind) => [kind.type, kind]));

  constructor(db: RecordDb) {
    this.#db = db;
  }

  /** Takes the record behind the byte of its type. Throws WireError, or a Refusal for what a newer version wrote. */
  take(type: number, reader: MsgpackReader): void {
    const kind = this.#kinds.get(type);
    if (kind === undefined) reader.skip();
    const isTaken = kind?.load(this.#db, kind.shape.read(reader)) === true;
    if (!isTaken) count(this.#leftOut, type);
    else if (kind?.isKept) count(this.#kept, type);
  }

  /** Makes what is derived from the records; to be called after the last one. */
  finish(): Loaded {
    for (const kind of RECORD_KINDS) if (kind.tables.every((table) => this.#has(table))) kind.finish?.(this.#db);
    return { leftOut: named(this.#leftOut), kept: named(this.#kept) };
  }

  #has(table: string): boolean {
    return this.#db.query("SELECT 1 FROM sqlite_schema WHERE name = ?").get(table) !== null;
  }
}

export function count(counts: Map<number, number>, type: number): void {
  counts.set(type, (counts.get(type) ?? 0) + 1);
}

/** `counts` by type, by name. */
export function named(counts: ReadonlyMap<number, number>): RecordCounts {
  return Object.fromEntries([...counts].map(([type, records]) => [nameOfRecord(type), records]));
}

/** `3 PreparedQuery, 2 Intention`. */
export function countsText(counts: RecordCounts): string {
  return Object.entries(counts)
    .map(([name, count]) => `${count} ${name}`)
    .join(", ");
}
