import type { Config } from "../config/config.ts";
import { SNAPSHOT_POLICY, type SnapshotPolicy } from "../raft/upkeep.ts";

/** When the log is cut. A key of zero or less means its default, as in Consul. */
export function snapshotPolicy(config: Config): SnapshotPolicy {
  const { raftSnapshotIntervalMs, raftSnapshotThreshold, raftTrailingLogs } = config;
  const given = (value: number, fallback: number) => (value > 0 ? value : fallback);
  return {
    intervalMs: given(raftSnapshotIntervalMs, SNAPSHOT_POLICY.intervalMs),
    thresholdEntries: given(raftSnapshotThreshold, SNAPSHOT_POLICY.thresholdEntries),
    trailingEntries: given(raftTrailingLogs, SNAPSHOT_POLICY.trailingEntries),
  };
}

const ELECTION_MS_PER_MULTIPLIER = 150;
/** Below, a busy disk or a pause of the process would cost the lead. */
const ELECTION_MS_MIN = 500;

/** How long followers wait for a leader before they elect one: Consul's `raft_multiplier`, 1 for fast and 10 for slow machines. */
export function electionTimeoutMs({ performance }: Pick<Config, "performance">): number {
  return Math.max(ELECTION_MS_MIN, ELECTION_MS_PER_MULTIPLIER * performance.raftMultiplier);
}
