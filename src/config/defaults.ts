import type { Raw } from "./raw.ts";
import type { Section } from "./schema/key.ts";

/** The defaults of a section as a source; keys without a default are absent. */
export function defaultsOf(keys: Section): Raw {
  const raw: Raw = {};
  for (const [name, key] of Object.entries(keys)) {
    if (key.kind === "section") raw[name] = defaultsOf(key.keys);
    else if ("default" in key && key.default !== null) raw[name] = key.default;
  }
  return raw;
}

const FAST_GOSSIP = { gossip_interval: "100ms", probe_interval: "100ms", probe_timeout: "100ms", suspicion_mult: 3 };

/** What `-dev` puts over the defaults: a lone server on the loopback interface that forgets everything. */
export const DEV_DEFAULTS: Raw = {
  server: true,
  bind_addr: "127.0.0.1",
  enable_debug: true,
  ui: true,
  log_level: "DEBUG",
  disable_anonymous_signature: true,
  disable_keyring_file: true,
  connect: { enabled: true },
  performance: { raft_multiplier: 1 },
  gossip_lan: FAST_GOSSIP,
  gossip_wan: FAST_GOSSIP,
  ports: { grpc: 8502 },
};
