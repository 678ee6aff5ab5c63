import type { Database } from "bun:sqlite";
import type { BunSQLiteDatabase } from "drizzle-orm/bun-sqlite";

/** The open `state.db`, handed in by the composition root. `$client` is for the few statements Drizzle can't prepare. */
export type StateDb = BunSQLiteDatabase & { $client: Database };

/**
 * Statements are prepared once per database, at first use: building a query with Drizzle costs 10 to 30 times as much
 * as running it.
 */
export function prepared<T>(prepare: (db: StateDb) => T): (db: StateDb) => T {
  const cache = new WeakMap<StateDb, T>();
  return (db) => {
    let statements = cache.get(db);
    if (statements === undefined) {
      statements = prepare(db);
      cache.set(db, statements);
    }
    return statements;
  };
}
