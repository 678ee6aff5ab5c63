import type { Config } from "./config.ts";
import { ConfigError } from "./error.ts";

/**
 * This version has no access control, and what agents say to each other on ports.server is open to whom they listen to.
 * Throws ConfigError for what would be less safe than its configuration says; gives a line for the log for what is only
 * partly so.
 */
export function notYetWarnings({ acl, encrypt }: Config): string[] {
  if (acl.enabled) {
    throw new ConfigError(
      "this version of Muster has no access control, and acl.enabled is true: everything would be open; " +
        "remove it, and let client_addr, http_config.allow_write_http_from or verify_incoming_https say who may call",
    );
  }
  if (encrypt === "") return [];
  return [
    "gossip is encrypted, but what agents say to servers on ports.server is not in this version of Muster: keep that \
port within a network that you trust",
  ];
}
