import type { Interest } from "./topics.ts";

/**
 * The answer of a read: the value, the index it is as of (what `X-Consul-Index` carries, Consul's rules per query) and
 * what to wait on for the next one.
 */
export interface QueryResult<T> {
  value: T;
  index: number;
  interest: Interest;
}
