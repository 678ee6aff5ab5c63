import { formatDurationNs, NS_PER_MS } from "../../lib/duration.ts";
import { COMPATIBLE_CONSUL_VERSION } from "../../lib/version.ts";
import type { AutopilotState, ClusterHealth } from "../../model/autopilot.ts";
import { failureTolerance } from "./decide.ts";
import type { Health, ServerView } from "./health.ts";

type Known = ReadonlyMap<string, Health>;

const statusOf = ({ isAlive }: ServerView) => (isAlive ? "alive" : "failed");

/** RFC 3339 in UTC, whole seconds. */
const dateText = (ms: number) => new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");

function common(server: ServerView, health: Health | undefined) {
  const { id, name, address, contactMs, lastTerm, lastIndex } = server;
  return {
    ID: id,
    Name: name,
    Address: address,
    // What tools compare: the Consul version that all servers are compatible with.
    Version: server.version === "" ? "" : COMPATIBLE_CONSUL_VERSION,
    LastContact: formatDurationNs(Math.round((contactMs ?? 0) * NS_PER_MS)),
    LastTerm: lastTerm,
    LastIndex: lastIndex,
    Healthy: health?.isHealthy === true,
    StableSince: dateText(health?.sinceDateMs ?? 0),
  };
}

/** `GET /v1/operator/autopilot/health`. */
export function clusterHealth(servers: readonly ServerView[], health: Known): ClusterHealth {
  const shown = servers.map((server) => ({
    ...common(server, health.get(server.id)),
    SerfStatus: statusOf(server),
    Leader: server.isLeader,
    Voter: server.isVoter,
  }));
  return {
    Healthy: shown.every(({ Healthy }) => Healthy),
    FailureTolerance: failureTolerance(servers, health),
    Servers: shown,
  };
}

/** `GET /v1/operator/autopilot/state`. */
export function autopilotState(servers: readonly ServerView[], health: Known): AutopilotState {
  const { Healthy, FailureTolerance } = clusterHealth(servers, health);
  const readReplicas = servers.filter(({ isVoter, mayVote }) => !isVoter && !mayVote).map(({ id }) => id);
  const inReserve = servers.filter(
    ({ id, isVoter, mayVote }) => !isVoter && mayVote && health.get(id)?.isHealthy === true,
  ).length;
  return {
    Healthy,
    FailureTolerance,
    OptimisticFailureTolerance: FailureTolerance + inReserve,
    Servers: Object.fromEntries(
      servers.map((server) => [
        server.id,
        {
          ...common(server, health.get(server.id)),
          NodeStatus: statusOf(server),
          ReadReplica: !server.mayVote,
          Status: server.isLeader ? ("leader" as const) : server.isVoter ? ("voter" as const) : ("non-voter" as const),
          Meta: { ...server.meta },
          NodeType: server.mayVote ? ("voter" as const) : ("read-replica" as const),
        },
      ]),
    ),
    Leader: servers.find(({ isLeader }) => isLeader)?.id ?? "",
    Voters: servers.filter(({ isVoter }) => isVoter).map(({ id }) => id),
    ...(readReplicas.length === 0 ? {} : { ReadReplicas: readReplicas }),
  };
}
