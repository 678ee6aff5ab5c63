import type { Consensus } from "./deps.ts";
import type { ReadOptions } from "./read-options.ts";
import type { Freshness } from "./route.ts";

/**
 * What an answer rests on: this server's `lease`, a word of the `leader` to this server, a quorum that confirmed the
 * leader (`consistent`), or nothing but what is here (`stale`).
 */
export type Basis = "lease" | "leader" | "consistent" | "stale";

/**
 * Finds out whether this server may answer a read from its own state: at once where nobody has to be asked, else a
 * promise that rejects with a Refusal when there is no leader. A server that never heard one has no state to speak of, so
 * it asks for stale answers, too.
 */
export function basisOf(options: ReadOptions, consensus: Consensus): Basis | Promise<Basis> {
  const { consistency, maxStaleMs } = options;
  if (consistency === "consistent") return consensus.readIndex(true).then(() => "consistent" as const);
  if (consensus.hasLease()) return consistency === "stale" ? "stale" : "lease";
  if (consistency === "stale" && isNewEnough(consensus.leaderContactMs(), maxStaleMs)) return "stale";
  return consensus.readIndex(false).then(() => "leader" as const);
}

function isNewEnough(contactMs: number | undefined, maxStaleMs: number | undefined): boolean {
  return contactMs !== undefined && (maxStaleMs === undefined || contactMs <= maxStaleMs);
}

/** Of the leader's answers, and of those that it vouched for. */
export const VOUCHED: Freshness = { lastContactMs: 0, knownLeader: true };

/** Of an answer that is only this server's own. */
export function ownFreshness(consensus: Consensus): Freshness {
  if (consensus.hasLease()) return VOUCHED;
  return { lastContactMs: consensus.leaderContactMs() ?? 0, knownLeader: consensus.knownLeader() };
}

export function freshnessHeaders({ lastContactMs, knownLeader }: Freshness): Record<string, string> {
  return {
    "X-Consul-Knownleader": String(knownLeader),
    "X-Consul-Lastcontact": String(Math.floor(lastContactMs)),
  };
}
