import type { AutopilotConfiguration } from "../../model/autopilot.ts";

const NS_PER_MS = 1e6;
/** Answers come once a heartbeat; one may be late and one lost without the server being ill. */
const HEARTBEATS_MISSED = 3;

/** A server of the configuration as its leader sees it. */
export interface ServerView {
  id: string;
  name: string;
  /** `host:port` of its server port. */
  address: string;
  version: string;
  isLeader: boolean;
  isVoter: boolean;
  /** `non_voting_server` is not set on it. */
  mayVote: boolean;
  /** Heard lately. */
  isAlive: boolean;
  /** For how long nothing was heard of it. */
  silentMs: number;
  /** Since it last answered this leader, 0 for the leader; undefined when it never did. */
  contactMs: number | undefined;
  /** Last index that its log is known to have in common with the leader's. */
  lastIndex: number;
  /** Term that it is in; 0 when it has not answered this leader. */
  lastTerm: number;
  meta: Readonly<Record<string, string>>;
}

export interface Leader {
  term: number;
  lastIndex: number;
  heartbeatMs: number;
}

/** Consul's rule, with a threshold that is never below what the heartbeat can show. */
export function isHealthy(
  server: ServerView,
  leader: Leader,
  { LastContactThreshold, MaxTrailingLogs }: AutopilotConfiguration,
): boolean {
  if (!server.isAlive || server.contactMs === undefined) return false;
  const contactMsMax = Math.max(LastContactThreshold / NS_PER_MS, leader.heartbeatMs * HEARTBEATS_MISSED);
  if (server.contactMs > contactMsMax || server.lastTerm !== leader.term) return false;
  return server.lastIndex >= leader.lastIndex - MaxTrailingLogs;
}

export interface Health {
  isHealthy: boolean;
  /** Since when that is so, on the monotonic clock and as a date. */
  sinceMs: number;
  sinceDateMs: number;
}

/** Remembers since when each server is well or ill; begins anew with each leader. */
export class HealthBook {
  #known = new Map<string, Health>();

  /** Takes down how all servers are now; those that are not among them are forgotten. */
  update(now: ReadonlyMap<string, boolean>, monotonicMs: number, dateMs: number): ReadonlyMap<string, Health> {
    const next = new Map<string, Health>();
    for (const [id, isHealthy] of now) {
      const before = this.#known.get(id);
      const stays = before?.isHealthy === isHealthy;
      next.set(id, stays ? before : { isHealthy, sinceMs: monotonicMs, sinceDateMs: dateMs });
    }
    this.#known = next;
    return next;
  }
}
