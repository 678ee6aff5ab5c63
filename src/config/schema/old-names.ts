import { ACCEPTED, anyList, anyMap, bool, duration, float, string } from "./key.ts";

const OLD = "Old name; see RENAMED.";

/** Keys of the time before the `acl` section. */
export const OLD_KEYS = {
  acl_agent_master_token: string("", OLD),
  acl_agent_token: string("", OLD),
  acl_datacenter: string("", OLD),
  acl_default_policy: string("", OLD),
  acl_down_policy: string("", OLD),
  acl_enable_key_list_policy: bool(false, OLD),
  acl_master_token: string("", OLD),
  acl_replication_token: string("", OLD),
  acl_token: string("", OLD),
  acl_ttl: duration("30s", OLD),
  enable_acl_replication: bool(false, OLD),
};

/** Where a value under an old name goes. A value under the new name wins within one source. */
export const RENAMED: Readonly<Record<keyof typeof OLD_KEYS, readonly string[]>> = {
  acl_agent_master_token: ["acl", "tokens", "agent_master"],
  acl_agent_token: ["acl", "tokens", "agent"],
  acl_datacenter: ["primary_datacenter"],
  acl_default_policy: ["acl", "default_policy"],
  acl_down_policy: ["acl", "down_policy"],
  acl_enable_key_list_policy: ["acl", "enable_key_list_policy"],
  acl_master_token: ["acl", "tokens", "master"],
  acl_replication_token: ["acl", "tokens", "replication"],
  acl_token: ["acl", "tokens", "default"],
  acl_ttl: ["acl", "token_ttl"],
  enable_acl_replication: ["acl", "enable_token_replication"],
};

const INTERNAL = "Internal to Consul; without effect.";
const ENTERPRISE = "Enterprise only.";

/** Understood, so that every file of Consul loads, and without effect. */
export const UNUSED_KEYS = {
  acl_enforce_version_8: bool(true, "Without effect since Consul 1.4.", ACCEPTED),
  ae_interval: string("", INTERNAL, ACCEPTED),
  check_deregister_interval_min: string("", INTERNAL, ACCEPTED),
  check_reap_interval: string("", INTERNAL, ACCEPTED),
  sync_coordinate_interval_min: string("", INTERNAL, ACCEPTED),
  sync_coordinate_rate_target: float(0, INTERNAL, ACCEPTED),
  consul: anyMap(INTERNAL, ACCEPTED),
  revision: string("", INTERNAL, ACCEPTED),
  version: string("", INTERNAL, ACCEPTED),
  version_prerelease: string("", INTERNAL, ACCEPTED),
  snapshot_agent: anyMap("Read by `snapshot agent`.", ACCEPTED),
  use_streaming_backend: bool(false, "Muster always streams changes to those who wait.", { since: "1.9", ...ACCEPTED }),
  rpc: anyMap("Without effect.", { since: "1.9", ...ACCEPTED }),
  peering: anyMap("Without effect.", { since: "1.13", ...ACCEPTED }),
  xds: anyMap("Without effect.", { since: "1.14", ...ACCEPTED }),
  server_rejoin_age_max: string("", "Without effect.", { since: "1.15", ...ACCEPTED }),
  experiments: anyList("Without effect.", { since: "1.17", ...ACCEPTED }),
  cloud: anyMap(ENTERPRISE, { since: "1.14", ...ACCEPTED }),
  reporting: anyMap(ENTERPRISE, { since: "1.15", ...ACCEPTED }),
  audit: anyMap(ENTERPRISE, ACCEPTED),
  segments: anyList(ENTERPRISE, ACCEPTED),
  license_path: string("", ENTERPRISE, { since: "1.10", ...ACCEPTED }),
  partition: string("", ENTERPRISE, { since: "1.11", ...ACCEPTED }),
};
