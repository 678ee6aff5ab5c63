/** Queries that members of Serf have among themselves begin so. */
export const INTERNAL_PREFIX = "_serf_";
export const PING_QUERY = "_serf_ping";
export const CONFLICT_QUERY = "_serf_conflict";
/** Those that carry an order about keys. */
export const KEY_QUERY = {
  install: "_serf_install-key",
  use: "_serf_use-key",
  remove: "_serf_remove-key",
  list: "_serf_list-keys",
} as const;
