import { ACCEPTED, bool, duration, durationMap, int, RELOADABLE, section, string, strings, uint } from "./key.ts";

/** Answers to DNS queries. */
export const DNS_KEYS = {
  domain: string("consul.", "Domain that this registry answers for.", { flag: "domain" }),
  alt_domain: string("", "A second domain.", { flag: "alt-domain" }),
  recursors: strings("DNS servers for names outside the domain.", { flag: "recursor", ...RELOADABLE }),
  dns_config: section("Details of DNS answers.", {
    allow_stale: bool(true, "Let any server answer, not the leader alone.", ACCEPTED),
    max_stale: duration("87600h", "Oldest answer that a server may give.", ACCEPTED),
    node_ttl: duration("0s", "TTL of answers about nodes.", RELOADABLE),
    service_ttl: durationMap(
      "TTL of answers about services, by name; `*` is for all and `web-*` for a prefix.",
      RELOADABLE,
    ),
    only_passing: bool(false, "Leave out instances with a warning too.", RELOADABLE),
    enable_truncate: bool(false, "Set the TC flag on cut answers.", RELOADABLE),
    disable_compression: bool(false, "Do not compress names.", RELOADABLE),
    udp_answer_limit: int(3, "Most answers over UDP without EDNS.", RELOADABLE),
    a_record_limit: int(0, "Most A and AAAA records; 0 is no limit.", RELOADABLE),
    enable_additional_node_meta_txt: bool(true, "Add the node's metadata as TXT records.", RELOADABLE),
    recursor_timeout: duration("2s", "Wait for a recursor.", RELOADABLE),
    recursor_strategy: string("sequential", "`sequential` or `random`.", { since: "1.11", ...RELOADABLE }),
    soa: section("Values of the SOA record.", {
      refresh: uint(3600, "Seconds.", RELOADABLE),
      retry: uint(600, "Seconds.", RELOADABLE),
      expire: uint(86400, "Seconds.", RELOADABLE),
      min_ttl: uint(0, "Seconds; how long `no such name` may be kept.", RELOADABLE),
    }),
    use_cache: bool(false, "Answer from the agent's cache.", ACCEPTED),
    cache_max_age: duration("0s", "Oldest answer of the cache.", ACCEPTED),
    prefer_namespace: bool(false, "Enterprise only.", ACCEPTED),
  }),
};
