import { asc, eq, sql } from "drizzle-orm";
import { prepared, type StateDb } from "../db.ts";
import { indexes } from "./tables.ts";

const statements = prepared((db) => ({
  read: db
    .select({ value: indexes.value })
    .from(indexes)
    .where(eq(indexes.name, sql.placeholder("name")))
    .prepare(),
  all: db.select().from(indexes).orderBy(asc(indexes.name)).prepare(),
}));

/** The index `name`; 0 when it was never set. */
export function readIndex(db: StateDb, name: string): number {
  return statements(db).read.get({ name })?.value ?? 0;
}

/** The highest of several indexes; 0 when none was ever set. */
export function maxIndex(db: StateDb, names: readonly string[]): number {
  let max = 0;
  for (const name of names) max = Math.max(max, readIndex(db, name));
  return max;
}

/** All indexes by name, for a snapshot. */
export function allIndexes(db: StateDb): { name: string; value: number }[] {
  return statements(db).all.all();
}
