import { expect, test } from "bun:test";
import { electionTimeoutMs, snapshotPolicy } from "../../../src/app/raft-settings.ts";
import { SNAPSHOT_POLICY } from "../../../src/raft/upkeep.ts";
import { configOf } from "../config/fixture.ts";

test("the log is cut by raft_* keys, and zero is their default", () => {
  const policy = snapshotPolicy(
    configOf('raft_snapshot_interval = "5s" raft_snapshot_threshold = 0 raft_trailing_logs = 9'),
  );
  expect(policy).toEqual({ ...SNAPSHOT_POLICY, intervalMs: 5000, trailingEntries: 9 });
});

test.each([
  [1, 500],
  [3, 500],
  [5, 750],
  [10, 1500],
])("raft_multiplier %d waits %d ms for a leader", (multiplier, ms) => {
  expect(electionTimeoutMs(configOf(`performance { raft_multiplier = ${multiplier} }`))).toBe(ms);
});
