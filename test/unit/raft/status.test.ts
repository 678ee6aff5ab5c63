import { expect, test } from "bun:test";
import { raftStats } from "../../../src/raft/status.ts";

test("raft stats have the keys and texts of Consul 1.8's agent/self", () => {
  const status = {
    state: "Leader",
    term: 2,
    lastLogIndex: 236,
    lastLogTerm: 2,
    commitIndex: 236,
    appliedIndex: 235,
    fsmPending: 1,
    lastSnapshotIndex: 234,
    lastSnapshotTerm: 2,
    peers: 0,
  } as const;
  expect(raftStats(status)).toEqual({
    applied_index: "235",
    commit_index: "236",
    fsm_pending: "1",
    last_contact: "0",
    last_log_index: "236",
    last_log_term: "2",
    last_snapshot_index: "234",
    last_snapshot_term: "2",
    num_peers: "0",
    protocol_version: "3",
    protocol_version_max: "3",
    protocol_version_min: "0",
    snapshot_version_max: "1",
    snapshot_version_min: "0",
    state: "Leader",
    term: "2",
  });
  expect(raftStats({ ...status, state: "Follower" }).last_contact).toBe("never");
});
