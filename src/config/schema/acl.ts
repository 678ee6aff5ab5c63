import { ACCEPTED, anyList, bool, duration, optionalDuration, section, string } from "./key.ts";

/** Access control. */
export const ACL_KEYS = {
  acl: section("Access control.", {
    enabled: bool(false, "Turn it on. Refused: this version has no access control."),
    default_policy: string("allow", "`allow` or `deny` what no rule speaks of.", ACCEPTED),
    down_policy: string(
      "extend-cache",
      "`allow`, `deny`, `extend-cache` or `async-cache` while the primary is out of reach.",
      ACCEPTED,
    ),
    policy_ttl: duration("30s", "How long a policy is kept.", ACCEPTED),
    token_ttl: duration("30s", "How long a token is kept.", ACCEPTED),
    role_ttl: optionalDuration("How long a role is kept. Default: policy_ttl.", ACCEPTED),
    disabled_ttl: duration("120s", "How long to wait before asking again whether access control is on.", ACCEPTED),
    enable_key_list_policy: bool(false, "Ask for `list` rights on recursive reads of keys.", ACCEPTED),
    enable_token_persistence: bool(false, "Keep tokens that were set over the API on disk.", ACCEPTED),
    enable_token_replication: bool(false, "Copy tokens from the primary datacenter.", ACCEPTED),
    msp_disable_bootstrap: bool(false, "Enterprise only.", ACCEPTED),
    tokens: section("Tokens of the agent itself.", {
      default: string("", "For requests without a token.", ACCEPTED),
      agent: string("", "For the agent's own work.", ACCEPTED),
      agent_master: string("", "Gives rights over this agent even without servers.", {
        ...ACCEPTED,
        aliases: ["agent_recovery"],
      }),
      master: string("", "Secret of the first management token.", { aliases: ["initial_management"], ...ACCEPTED }),
      replication: string("", "For copying from the primary datacenter.", ACCEPTED),
      config_file_service_registration: string("", "For services and checks of files.", {
        since: "1.15",
        ...ACCEPTED,
      }),
      dns: string("", "For DNS.", { since: "1.18", ...ACCEPTED }),
      managed_service_provider: anyList("Enterprise only.", ACCEPTED),
    }),
  }),
};
