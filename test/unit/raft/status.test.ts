import { expect, test } from "bun:test";
import { raftStats } from "../../../src/raft/status.ts";

test("raft stats have the keys and texts of Consul 1.8's agent/self", () => {
  const status = {
    state: "Leader",
    term: 2,
    leader: "n1",
    leaderContactMs: 0,
    firstLogIndex: 1,
    lastLogIndex: 236,
    lastLogTerm: 2,
    commitIndex: 236,
    appliedIndex: 235,
    fsmPending: 1,
    lastSnapshotIndex: 234,
    lastSnapshotTerm: 2,
    peers: 1,
    configuration: {
      index: 7,
      configuration: {
        servers: [
          { id: "n1", address: "10.0.0.1:8300", voter: true },
          { id: "n2", address: "10.0.0.2:8300", voter: true },
          { id: "n3", address: "[::1]:8300", voter: false },
        ],
      },
    },
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
    latest_configuration:
      "[{Suffrage:Voter ID:n1 Address:10.0.0.1:8300} {Suffrage:Voter ID:n2 Address:10.0.0.2:8300} {Suffrage:Nonvoter ID:n3 Address:[::1]:8300}]",
    latest_configuration_index: "7",
    num_peers: "1",
    protocol_version: "3",
    protocol_version_max: "3",
    protocol_version_min: "0",
    snapshot_version_max: "1",
    snapshot_version_min: "0",
    state: "Leader",
    term: "2",
  });
  const contact = (leaderContactMs: number | undefined) =>
    raftStats({ ...status, state: "Follower", leaderContactMs }).last_contact;
  expect(contact(undefined)).toBe("never");
  expect(contact(23.4567)).toBe("23.4567ms");
  expect(contact(90_500)).toBe("1m30.5s");
});
