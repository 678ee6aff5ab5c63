import { z } from "zod";

const raw = z.union([z.string(), z.array(z.string())]);
const first = (value: string | string[]): string => (typeof value === "string" ? value : (value[0] ?? ""));

/** A parameter given once; of several Go takes the first. `?name` alone is "". */
export const one = raw.transform(first).optional();

/** A parameter that may be repeated. */
export const many = raw.transform((value) => (typeof value === "string" ? [value] : value)).optional();

/** A parameter whose presence counts and whose value does not: `?raw`, `?raw=false` are both true. */
export const flag = raw.transform(() => true).optional();

/** What all reads of the replicated state take. */
export const READ_QUERY = {
  dc: one,
  ns: one,
  index: one,
  hash: one,
  wait: one,
  stale: flag,
  consistent: flag,
  leader: flag,
  cached: flag,
  max_stale: one,
  pretty: flag,
  filter: one,
};
export const ReadQuery = z.object(READ_QUERY);
export type ReadQuery = z.output<typeof ReadQuery>;
