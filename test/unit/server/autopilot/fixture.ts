import type { AutopilotConfiguration } from "../../../../src/model/autopilot.ts";
import type { ServerView } from "../../../../src/server/autopilot/health.ts";

/** Consul's defaults. */
export const DEFAULTS: AutopilotConfiguration = {
  CleanupDeadServers: true,
  LastContactThreshold: 200e6,
  MaxTrailingLogs: 250,
  MinQuorum: 0,
  ServerStabilizationTime: 10e9,
  RedundancyZoneTag: "",
  DisableUpgradeMigration: false,
  UpgradeVersionTag: "",
};

/** A healthy voter that does not lead. */
export function server(id: string, more: Partial<ServerView> = {}): ServerView {
  return {
    ...{ id, name: id, address: `${id}:8300`, version: "1.0.0", isLeader: false, isVoter: true, mayVote: true },
    ...{ isAlive: true, silentMs: 0, contactMs: 50, lastIndex: 1000, lastTerm: 3, meta: {} },
    ...more,
  };
}
