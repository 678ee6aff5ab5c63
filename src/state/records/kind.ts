import type { Shape } from "../../codec/msgpack/shape.ts";
import type { StateDb } from "../db.ts";

/** A database with the tables of a state; beside the state that is being served, mostly a copy. */
export type RecordDb = StateDb["$client"];

/**
 * A kind of record in Consul's snapshots, and the rows that stand for it here. Rows are taken and put with plain statements, because
 * records come with the indexes that they have.
 */
export interface RecordKind<T> {
  /** Consul's number of it, the byte before each such record. */
  readonly type: number;
  readonly shape: Shape<T>;
  /** What these records are made of, and what is derived from it: such tables are in no other record. */
  readonly tables: readonly string[];
  /** Puts a record into the tables. False when it says something that they can't hold. */
  load(db: RecordDb, record: T): boolean;
  /** The records are not served: they wait for a version that does, or for the way back. */
  readonly isKept?: true;
  /** Whether a Consul 1.8 can't restore it. */
  isNewer?(record: T): boolean;
  /** Makes what is derived, once all records of all kinds are there. */
  finish?(db: RecordDb): void;
  /** Gives `put` the records of all rows, in an order in which they can be loaded. */
  save(db: RecordDb, put: (record: T) => void): void;
}
