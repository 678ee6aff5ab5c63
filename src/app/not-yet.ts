import type { Config } from "../config/config.ts";
import { ConfigError } from "../config/error.ts";

/**
 * This version has neither gossip nor client agents nor access control: servers know each other by address, and are open
 * to whom they listen to. Throws ConfigError for what would be less safe than its configuration says; gives a line for the
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
  const { startJoinWan, retryJoinWan, encrypt } = config;
  const warnings: string[] = [];
  const others = [...startJoinWan, ...retryJoinWan];
  if (others.length > 0) {
    warnings.push(`this version of Muster knows one datacenter: ${others.join(", ")} will not be asked`);
  }
  if (encrypt !== "") {
    warnings.push(
      "this version of Muster has no gossip: encrypt has no effect, and what servers say to each other on ports.server \
is not encrypted; keep that port within a network that you trust",
    );
  }
  return warnings;
}
