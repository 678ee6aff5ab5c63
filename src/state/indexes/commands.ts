import { eq, sql } from "drizzle-orm";
import type { Change } from "../change.ts";
import { prepared } from "../db.ts";
import { indexes } from "./tables.ts";

const statements = prepared((db) => ({
  bump: db
    .insert(indexes)
    .values({ name: sql.placeholder("name"), value: sql.placeholder("value") })
    .onConflictDoUpdate({ target: indexes.name, set: { value: sql`excluded.value` } })
    .prepare(),
  remove: db
    .delete(indexes)
    .where(eq(indexes.name, sql.placeholder("name")))
    .prepare(),
}));

/** Sets the index `name` to the index of the entry being applied. */
export function bumpIndex(change: Change, name: string): void {
  statements(change.db).bump.run({ name, value: change.index });
}

/** Forgets the index `name`, so that the table of indexes does not keep every service that ever was. */
export function dropIndex(change: Change, name: string): void {
  statements(change.db).remove.run({ name });
}
