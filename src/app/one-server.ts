import type { Config } from "../config/config.ts";
import { ConfigError } from "../config/error.ts";

/**
 * This version has neither gossip nor elections: whoever is started is a registry of its own. Throws ConfigError for
 * what would be something else than its configuration says; gives a line for the log for what is only in vain.
 */
export function oneServerWarnings(config: Config): string[] {
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
