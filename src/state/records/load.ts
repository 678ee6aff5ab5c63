import type { MsgpackReader } from "../../codec/msgpack/reader.ts";
import type { RecordDb } from "./kind.ts";
import { nameOfRecord, RECORD_KINDS } from "./table.ts";

/** How many records of a type couldn't be taken, by Consul's name of the type. */
export type LeftOut = Readonly<Record<string, number>>;

/** Fills the empty tables of `db` from the records of a snapshot. */
export class RecordLoader {
  readonly #db: RecordDb;
  readonly #leftOut = new Map<string, number>();
  readonly #kinds = new Map(RECORD_KINDS.map((kind) => [kind.type, kind]));

  constructor(db: RecordDb) {
    this.#db = db;
  }

  /** Takes the record behind the byte of its type. Throws WireError, or a Refusal for what a newer version wrote. */
  take(type: number, reader: MsgpackReader): void {
    const kind = this.#kinds.get(type);
    if (kind === undefined) reader.skip();
    else if (kind.load(this.#db, kind.shape.read(reader))) return;
    const name = nameOfRecord(type);
    this.#leftOut.set(name, (this.#leftOut.get(name) ?? 0) + 1);
  }

  /** Makes what is derived from the records; to be called after the last one. Returns what was left out. */
  finish(): LeftOut {
    for (const kind of RECORD_KINDS) if (kind.tables.every((table) => this.#has(table))) kind.finish?.(this.#db);
    return Object.fromEntries(this.#leftOut);
  }

  #has(table: string): boolean {
    return this.#db.query("SELECT 1 FROM sqlite_schema WHERE name = ?").get(table) !== null;
  }
}

/** `3 PreparedQuery, 2 Intention`. */
export function leftOutText(leftOut: LeftOut): string {
  return Object.entries(leftOut)
    .map(([name, count]) => `${count} ${name}`)
    .join(", ");
}
