import type { Interest } from "./topics.ts";

/**
 * The answer of a read: the value, the index it is as of (what `X-Consul-Index` carries, Consul's rules per query) and
 * what to wait on for the next one.
 */
export interface QueryResult<T> {
  value: T;
  index: number;
  interest: Interest;
  /** Set where the index moves with more than `interest`: what it is as long as `interest` does not change. Cheap. */
  indexNow?: () => number;
  /**
   * Where versions have no order: an opaque text that the caller gives back and that differs when the answer does (a
   * content hash, the id of the newest event). The wait then ends when it differs, whatever the index says.
   */
  version?: string;
}
