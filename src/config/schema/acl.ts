import { ACCEPTED, anyList, bool, duration, optionalDuration, RELOADABLE, section, string } from "./key.ts";

/** Access control. */
export const ACL_KEYS = {
  acl: section("Access control.", {
    enabled: bool(false, "Turn it on."),
    default_policy: string("allow", "`allow` or `deny` what no rule speaks of."),
    down_policy: string(
      "extend-cache",
      "`allow`, `deny`, `extend-cache` or `async-cache` while the primary is out of reach.",
    ),
    policy_ttl: duration("30s", "How long a policy is kept."),
    token_ttl: duration("30s", "How long a token is kept."),
    role_ttl: optionalDuration("How long a role is kept. Default: policy_ttl."),
    disabled_ttl: duration("120s", "How long to wait before asking again whether access control is on."),
    enable_key_list_policy: bool(false, "Ask for `list` rights on recursive reads of keys."),
    enable_token_persistence: bool(false, "Keep tokens that were set over the API on disk."),
    enable_token_replication: bool(false, "Copy tokens from the primary datacenter."),
    msp_disable_bootstrap: bool(false, "Enterprise only.", ACCEPTED),
    tokens: section("Tokens of the agent itself.", {
      default: string("", "For requests without a token.", RELOADABLE),
      agent: string("", "For the agent's own work.", RELOADABLE),
      agent_master: string("", "Gives rights over this agent even without servers.", {
        ...RELOADABLE,
        aliases: ["agent_recovery"],
      }),
      master: string("", "Secret of the first management token.", { aliases: ["initial_management"] }),
      replication: string("", "For copying from the primary datacenter.", RELOADABLE),
      config_file_service_registration: string("", "For services and checks of files.", {
        since: "1.15",
        ...RELOADABLE,
      }),
      dns: string("", "For DNS.", { since: "1.18", ...RELOADABLE }),
      managed_service_provider: anyList("Enterprise only.", ACCEPTED),
    }),
  }),
};
