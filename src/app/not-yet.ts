import type { Config } from "../config/config.ts";
import { ConfigError } from "../config/error.ts";

/**
 * This version has neither gossip nor elections nor access control: whoever is started is a registry of its own, open to
 * whom it listens to. Throws ConfigError for what would be less safe than its configuration says; gives a line for the
 * log for what is only in vain.
 */
export function notYetWarnings(config: Config): string[] {
  if (config.acl.enabled) {
    throw new ConfigError(
      "this version of Muster has no access control, and acl.enabled is true: everything would be open; " +
        "remove it, and let client_addr, http_config.allow_write_http_from or verify_incoming_https say who may call",
    );
  }
  if (!config.server) {
    throw new ConfigError(
      "this version of Muster has no client agents: give -server and -bootstrap-expect=1, or -dev, and let programs " +
        "of other hosts ask this server",
    );
  }
  if (config.bootstrapExpect > 1) {
    throw new ConfigError(
      `this version of Muster runs one server, and bootstrap_expect is ${config.bootstrapExpect}: ` +
        "several would not share their data; give -bootstrap-expect=1",
    );
  }
  const { startJoin, startJoinWan, retryJoin, retryJoinWan } = config;
  const wanted = [...startJoin, ...startJoinWan, ...retryJoin, ...retryJoinWan];
  if (wanted.length === 0) return [];
  return [`this version of Muster runs one server and joins no others: ${wanted.join(", ")} will not be asked`];
}
