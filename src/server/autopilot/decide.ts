import type { AutopilotConfiguration } from "../../model/autopilot.ts";
import type { Health, ServerView } from "./health.ts";

const NS_PER_MS = 1e6;
/** Longer than a restart of the process takes; a server that comes back after being removed joins as a new one. */
const DEAD_AFTER_MS = 10_000;

export type Decision =
  | { kind: "promote"; server: ServerView }
  | { kind: "remove"; server: ServerView }
  /** Dead servers that stay, since removing them would be less safe. */
  | { kind: "keep"; why: string }
  | undefined;

/**
 * The next change of the set of servers, if any: first a vote for a new server that has been healthy for long enough,
 * then a dead one out. One at a time: the next call sees what became of it.
 */
export function decideAutopilot(
  config: AutopilotConfiguration,
  servers: readonly ServerView[],
  health: ReadonlyMap<string, Health>,
  nowMs: number,
): Decision {
  const stabilizationMs = config.ServerStabilizationTime / NS_PER_MS;
  const isStable = ({ id }: ServerView) => {
    const known = health.get(id);
    return known?.isHealthy === true && nowMs - known.sinceMs >= stabilizationMs;
  };
  const stable = servers.find((server) => !server.isVoter && server.mayVote && isStable(server));
  if (stable !== undefined) return { kind: "promote", server: stable };
  return config.CleanupDeadServers ? cleanup(config.MinQuorum, servers) : undefined;
}

/** Consul's rule: fewer than half of the voters, and never below `min_quorum`. Who has no vote can go at once. */
function cleanup(minQuorum: number, servers: readonly ServerView[]): Decision {
  const dead = servers.filter(({ isLeader, isAlive, silentMs }) => !isLeader && !isAlive && silentMs >= DEAD_AFTER_MS);
  const withoutVote = dead.find(({ isVoter }) => !isVoter);
  if (withoutVote !== undefined) return { kind: "remove", server: withoutVote };
  const [first] = dead;
  if (first === undefined) return undefined;
  const voters = servers.filter(({ isVoter }) => isVoter).length;
  if (voters - dead.length < minQuorum) {
    return {
      kind: "keep",
      why: `removing ${dead.length} of ${voters} would leave fewer than min_quorum, ${minQuorum}`,
    };
  }
  if (dead.length >= Math.floor(voters / 2)) {
    return { kind: "keep", why: `too many dead servers: ${dead.length}/${voters}` };
  }
  return { kind: "remove", server: first };
}

/** How many healthy voters may be lost before there is no quorum. */
export function failureTolerance(servers: readonly ServerView[], health: ReadonlyMap<string, Health>): number {
  const voters = servers.filter(({ isVoter }) => isVoter);
  const healthy = voters.filter(({ id }) => health.get(id)?.isHealthy === true).length;
  return Math.max(0, healthy - (Math.floor(voters.length / 2) + 1));
}
