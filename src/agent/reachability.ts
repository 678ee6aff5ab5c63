import type { Pool } from "../gossip/types.ts";
import type { Clock } from "../ports/clock.ts";

/** Every member of Serf acknowledges it, and does nothing more. */
const PING_QUERY = "_serf_ping";

/** Who answered when all members of a pool were asked at once. */
export interface Reachability {
  readonly members: number;
  /** Names of those that count as alive, this one included. */
  readonly live: readonly string[];
  /** In the order in which they came. */
  readonly acks: readonly { readonly name: string; readonly afterMs: number }[];
}

/**
 * Asks all members through gossip, as `serf reachability` does. Resolves when all that count as alive have answered, or when
 * the time for it is over.
 */
export function testReachability(pool: Pick<Pool, "members" | "query">, clock: Clock): Promise<Reachability> {
  const members = pool.members();
  const live = members.filter(({ status }) => status === "alive").map(({ name }) => name);
  const startMs = clock.monotonicMs();
  const acks = new Map<string, number>();
  return new Promise((resolve, reject) => {
    const finish = () =>
      resolve({ members: members.length, live, acks: [...acks].map(([name, afterMs]) => ({ name, afterMs })) });
    const onAck = (from: string) => {
      if (!acks.has(from)) acks.set(from, clock.monotonicMs() - startMs);
      if (live.every((name) => acks.has(name))) finish();
    };
    pool.query(PING_QUERY, new Uint8Array(), { wantsAck: true, onAck }).then(finish, reject);
  });
}
