import { formatDurationNs, NS_PER_MS } from "../lib/duration.ts";
import type { IndexedConfiguration } from "./configuration.ts";

export type RaftState = "Leader" | "Follower" | "Candidate" | "Shutdown";

/** Where a server stands in the log. */
export interface RaftStatus {
  state: RaftState;
  term: number;
  /** Node id of the leader of the term, if this server knows it. */
  leader: string | undefined;
  /** Milliseconds since this server heard a leader, 0 on the leader; undefined when it never did. */
  leaderContactMs: number | undefined;
  /** First entry that the log still holds. */
  firstLogIndex: number;
  lastLogIndex: number;
  lastLogTerm: number;
  commitIndex: number;
  appliedIndex: number;
  /** Entries committed and not yet applied. */
  fsmPending: number;
  /** 0 when there is no snapshot. */
  lastSnapshotIndex: number;
  lastSnapshotTerm: number;
  /** Voters beside this server; 0 when it has no vote itself, as in hashicorp/raft. */
  peers: number;
  /** The newest one in the log, committed or not. */
  configuration: IndexedConfiguration;
}

/** The `Stats.raft` part of `/v1/agent/self` and `consul info`, with the keys and texts of Consul 1.8. */
export function raftStats(status: RaftStatus): Record<string, string> {
  return {
    applied_index: String(status.appliedIndex),
    commit_index: String(status.commitIndex),
    fsm_pending: String(status.fsmPending),
    last_contact: lastContact(status),
    last_log_index: String(status.lastLogIndex),
    last_log_term: String(status.lastLogTerm),
    last_snapshot_index: String(status.lastSnapshotIndex),
    last_snapshot_term: String(status.lastSnapshotTerm),
    latest_configuration: configurationText(status.configuration),
    // Consul 1.8 prints 0 always, because its library no longer fills it in.
    latest_configuration_index: String(status.configuration.index),
    num_peers: String(status.peers),
    protocol_version: "3",
    protocol_version_max: "3",
    protocol_version_min: "0",
    snapshot_version_max: "1",
    snapshot_version_min: "0",
    state: status.state,
    term: String(status.term),
  };
}

function lastContact({ state, leaderContactMs }: RaftStatus): string {
  if (state === "Leader") return "0";
  if (leaderContactMs === undefined) return "never";
  return formatDurationNs(Math.round(leaderContactMs * NS_PER_MS));
}

/** Go's `%+v` of the servers. */
function configurationText({ configuration }: IndexedConfiguration): string {
  const servers = configuration.servers.map(
    ({ id, address, voter }) => `{Suffrage:${voter ? "Voter" : "Nonvoter"} ID:${id} Address:${address}}`,
  );
  return `[${servers.join(" ")}]`;
}
