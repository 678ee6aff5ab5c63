import type { Entry } from "../../../src/raft/types.ts";

/** The entry that every process of a crash test writes at an index: what is found can be compared with it. */
export function entryAt(index: number): Entry {
  const size = (index * 7919) % (index % 97 === 0 ? 20_000 : 400);
  return { index, term: 1, type: "command", data: JSON.stringify({ index, value: "v".repeat(size) }) };
}
