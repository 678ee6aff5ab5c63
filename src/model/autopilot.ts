import { z } from "zod";
import { DurationNs, Index, StringMap } from "./common.ts";

/** What autopilot goes by: the operator's, replicated. Durations are texts in the API. */
export const AutopilotConfiguration = z.object({
  /** Remove dead servers when new ones come. */
  CleanupDeadServers: z.boolean(),
  /** A server that has not heard the leader for longer is unhealthy. */
  LastContactThreshold: DurationNs,
  /** A server whose log is further behind is unhealthy. */
  MaxTrailingLogs: Index,
  /** Dead servers are not removed below this number of servers. */
  MinQuorum: Index,
  /** How long a new server must be healthy before it gets its vote. */
  ServerStabilizationTime: DurationNs,
  // Of Consul Enterprise: kept and given back, without effect.
  RedundancyZoneTag: z.string(),
  DisableUpgradeMigration: z.boolean(),
  UpgradeVersionTag: z.string(),
});
export type AutopilotConfiguration = z.infer<typeof AutopilotConfiguration>;

/** The configuration with the indexes of the log entries that made and last changed it. */
export interface StoredAutopilotConfiguration extends AutopilotConfiguration {
  CreateIndex: number;
  ModifyIndex: number;
}

const health = {
  /** Node id. */
  ID: z.string(),
  Name: z.string(),
  /** `host:port` of its server port. */
  Address: z.string(),
  Version: z.string(),
  /** Go duration since it last answered the leader, `0s` on the leader. */
  LastContact: z.string(),
  LastTerm: Index,
  LastIndex: Index,
  Healthy: z.boolean(),
  /** RFC 3339 in UTC, whole seconds: since when `Healthy` is what it is. */
  StableSince: z.string(),
};

/** A server as the leader sees it. */
export const ServerHealth = z.object({
  ...health,
  /** `alive`, `leaving`, `left`, `failed` or `none`. */
  SerfStatus: z.string(),
  Leader: z.boolean(),
  Voter: z.boolean(),
});
export type ServerHealth = z.infer<typeof ServerHealth>;

/** `GET /v1/operator/autopilot/health`. */
export const ClusterHealth = z.object({
  Healthy: z.boolean(),
  /** Healthy voters that may be lost before there is no quorum. */
  FailureTolerance: z.number().int(),
  Servers: z.array(ServerHealth),
});
export type ClusterHealth = z.infer<typeof ClusterHealth>;

/** A server as `GET /v1/operator/autopilot/state` prints it. */
export const AutopilotServer = z.object({
  ...health,
  /** As `SerfStatus` of `ServerHealth`. */
  NodeStatus: z.string(),
  /** True of a server that never gets a vote (`-non-voting-member`). */
  ReadReplica: z.boolean(),
  Status: z.enum(["none", "leader", "voter", "non-voter", "staging"]),
  Meta: StringMap,
  NodeType: z.enum(["voter", "read-replica"]),
});
export type AutopilotServer = z.infer<typeof AutopilotServer>;

/** `GET /v1/operator/autopilot/state` (Consul 1.9). */
export const AutopilotState = z.object({
  Healthy: z.boolean(),
  FailureTolerance: z.number().int(),
  /** The same as `FailureTolerance`, plus healthy servers that would get the vote of one that is lost. */
  OptimisticFailureTolerance: z.number().int(),
  /** By node id. */
  Servers: z.record(z.string(), AutopilotServer),
  /** Node id. */
  Leader: z.string(),
  /** Node ids. */
  Voters: z.array(z.string()),
  ReadReplicas: z.array(z.string()).optional(),
});
export type AutopilotState = z.infer<typeof AutopilotState>;
