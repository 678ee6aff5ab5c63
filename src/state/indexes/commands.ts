import type { Change } from "../change.ts";
import { indexesOf } from "./indexes.ts";

/** Sets the index `name` to the index of the entry being applied. */
export function bumpIndex(change: Change, name: string): void {
  indexesOf(change.db).set(name, change.index);
}

/** Forgets the index `name`, so that the table of indexes does not keep every service that ever was. */
export function dropIndex(change: Change, name: string): void {
  indexesOf(change.db).set(name, undefined);
}
