import { ACCEPTED, bool, duration, float, int, RELOADABLE, section, string, stringMap, strings } from "./key.ts";

/** What one client or one agent may use. */
export const LIMIT_KEYS = {
  limits: section("Limits.", {
    http_max_conns_per_client: int(
      200,
      "Waiting requests from one address; those on a Unix socket are not counted. Consul counts connections.",
      RELOADABLE,
    ),
    https_handshake_timeout: duration("5s", "Time for a TLS handshake.", ACCEPTED),
    rpc_handshake_timeout: duration("5s", "Time for the handshake of a node's connection.", ACCEPTED),
    rpc_client_timeout: duration("60s", "Wait for a server's answer.", { since: "1.13", ...ACCEPTED }),
    rpc_max_conns_per_client: int(100, "Connections between nodes from one address.", ACCEPTED),
    rpc_rate: float(Number.POSITIVE_INFINITY, "Requests to servers a second. Default: no limit.", ACCEPTED),
    rpc_max_burst: int(1000, "Requests to servers at once.", ACCEPTED),
    kv_max_value_size: int(524288, "Bytes of a value of the key/value store."),
    txn_max_req_len: int(524288, "Bytes of a transaction."),
    request_limits: section(
      "Limits of a whole server.",
      {
        mode: string("disabled", "`disabled`, `permissive` or `enforcing`.", ACCEPTED),
        read_rate: float(-1, "Reads a second.", ACCEPTED),
        write_rate: float(-1, "Writes a second.", ACCEPTED),
      },
      { since: "1.15" },
    ),
  }),
  cache: section("The agent's cache of answers.", {
    entry_fetch_max_burst: int(2, "Fetches of one entry at once.", ACCEPTED),
    entry_fetch_rate: float(Number.POSITIVE_INFINITY, "Fetches of one entry a second. Default: no limit.", ACCEPTED),
  }),
  default_query_time: duration("300s", "Wait of a blocking query that names none.", { flag: "default-query-time" }),
  max_query_time: duration("600s", "Longest wait of a blocking query.", { flag: "max-query-time" }),
  session_ttl_min: duration("10s", "Shortest TTL of a session."),
  discovery_max_stale: duration("0s", "Oldest answer that a server may give without asking the leader; 0s asks it."),
  http_config: section("Details of HTTP.", {
    allow_write_http_from: strings("Networks that may write over HTTP. Default: all.", {
      flag: "allow-write-http-from",
    }),
    block_endpoints: strings("Prefixes of paths that are refused."),
    response_headers: stringMap("Headers of every answer."),
    use_cache: bool(true, "Let clients ask for cached answers."),
    max_header_bytes: int(0, "Bytes of a request's headers. Default: 1 MiB.", { since: "1.9", ...ACCEPTED }),
  }),
};
