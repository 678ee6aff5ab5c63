import type { StateDb } from "../db.ts";
import { indexesOf } from "./indexes.ts";

/** The index `name`; 0 when it was never set. */
export function readIndex(db: StateDb, name: string): number {
  return indexesOf(db).get(name);
}

/** The highest of several indexes; 0 when none was ever set. */
export function maxIndex(db: StateDb, names: readonly string[]): number {
  const indexes = indexesOf(db);
  let max = 0;
  for (const name of names) max = Math.max(max, indexes.get(name));
  return max;
}

interface Moving {
  index: number;
  indexNow: () => number;
}

/** The index of an answer that has that of whole tables, which move without waking those who wait on a part of them. */
export function tableIndex(db: StateDb, names: readonly string[]): Moving {
  return moving(() => maxIndex(db, names));
}

/** An index that is computed anew for each answer. */
export function moving(indexNow: () => number): Moving {
  return { index: indexNow(), indexNow };
}

/** The index of an answer that is made of several. */
export function highest(parts: readonly Moving[]): Moving {
  return parts.length === 1 && parts[0] !== undefined
    ? parts[0]
    : moving(() => Math.max(...parts.map(({ indexNow }) => indexNow())));
}
