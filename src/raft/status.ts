export type RaftState = "Leader" | "Follower" | "Candidate" | "Shutdown";

/** Where a server stands in the log. */
export interface RaftStatus {
  state: RaftState;
  term: number;
  lastLogIndex: number;
  lastLogTerm: number;
  commitIndex: number;
  appliedIndex: number;
  /** Entries committed and not yet applied. */
  fsmPending: number;
  /** 0 when there is no snapshot. */
  lastSnapshotIndex: number;
  lastSnapshotTerm: number;
  /** Voters beside this server. */
  peers: number;
}

/** The `Stats.raft` part of `/v1/agent/self` and `consul info`, with the keys and texts of Consul 1.8. */
export function raftStats(status: RaftStatus): Record<string, string> {
  return {
    applied_index: String(status.appliedIndex),
    commit_index: String(status.commitIndex),
    fsm_pending: String(status.fsmPending),
    last_contact: status.state === "Leader" ? "0" : "never",
    last_log_index: String(status.lastLogIndex),
    last_log_term: String(status.lastLogTerm),
    last_snapshot_index: String(status.lastSnapshotIndex),
    last_snapshot_term: String(status.lastSnapshotTerm),
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
