/**
 * Nodes, instances and checks are kept as the JSON that Consul prints, beside the few columns that are looked up: reading
 * a hundred instances with their checks from single columns takes four times as long.
 */
import { sortedRecord } from "../../lib/go-json.ts";

/** The value of one row. */
export function decodeDoc<T>(row: { doc: string }): T {
  return JSON.parse(row.doc) as T;
}

/** The values of many rows; one call of the parser is faster than one for each. */
export function decodeDocs<T>(rows: readonly { doc: string }[]): T[] {
  return JSON.parse(`[${rows.map((row) => row.doc).join(",")}]`) as T[];
}

/** A Go map: keys sorted, as Go prints them, so that equal maps are equal texts. An absent map is not an empty one. */
export function sortedMap<T>(map: Readonly<Record<string, T>> | null): Record<string, T> | null {
  return map === null ? null : sortedRecord(map);
}

/** Two values with the same JSON but for the indexes. */
export function sameButIndexes(
  a: { CreateIndex: number; ModifyIndex: number },
  b: { CreateIndex: number; ModifyIndex: number },
): boolean {
  return (
    JSON.stringify({ ...a, CreateIndex: 0, ModifyIndex: 0 }) ===
    JSON.stringify({ ...b, CreateIndex: 0, ModifyIndex: 0 })
  );
}
