import { describe, expect, test } from "bun:test";
import { timingOf } from "../../../../src/raft/core/types.ts";
import { TestCluster, TIMEOUT_MS } from "../../../support/raft-cluster.ts";

const { diskStallMs } = timingOf(TIMEOUT_MS);

describe("a leader whose disk hangs", () => {
  test("leads no longer: what it can't write it can't commit, and its heartbeats would keep others from leading", () => {
    const cluster = new TestCluster(["a", "b", "c"]);
    const old = cluster.elect();
    old.isDiskHeld = true;
    cluster.propose(old, "x");
    cluster.advance(diskStallMs - TIMEOUT_MS);
    expect(old.core.status().role).toBe("leader");
    cluster.advance(2 * TIMEOUT_MS);
    expect(old.core.status().role).not.toBe("leader");
    const leader = cluster.elect();
    expect(leader.id).not.toBe(old.id);
    expect(leader.entries.map(({ data }) => data)).toContain("x");
    old.releaseDisk();
    cluster.advance(TIMEOUT_MS);
    expect(old.entries).toEqual(leader.entries);
  });

  test("leads on when nobody else has a vote", () => {
    const cluster = new TestCluster(["a"]);
    const only = cluster.elect();
    only.isDiskHeld = true;
    cluster.propose(only, "x");
    cluster.advance(2 * diskStallMs);
    expect(only.core.status().role).toBe("leader");
    only.releaseDisk();
    expect(only.entries.at(-1)?.data).toBe("x");
  });
});

describe("check-quorum", () => {
  test("is not put off by reads that each ask for a round of heartbeats", () => {
    const cluster = new TestCluster(["a", "b", "c"]);
    const leader = cluster.elect();
    cluster.isolate(leader.id);
    const { heartbeatMs } = timingOf(TIMEOUT_MS);
    for (let id = 1; id * heartbeatMs < 3 * TIMEOUT_MS; id++) {
      leader.step({ type: "read", id, isConfirmed: true });
      cluster.advance(heartbeatMs / 2);
    }
    expect(leader.core.status().role).not.toBe("leader");
    expect(leader.take("readFailed")).not.toEqual([]);
    expect(leader.take("readReady")).toEqual([]);
  });
});

describe("a lease", () => {
  test("counts no round from before the host slept, also not those that are answered after it", () => {
    const cluster = new TestCluster(["a", "b", "c"]);
    const leader = cluster.elect();
    const hasLease = () => leader.core.hasLease(cluster.nowMs, leader.core.status().commitIndex);
    expect(hasLease()).toBe(true);
    leader.step({ type: "read", id: 1, isConfirmed: true });
    leader.step({ type: "slept" });
    expect(hasLease()).toBe(false);
    cluster.settle();
    // The read is confirmed all the same: that needs no clock.
    expect(leader.take("readReady")).toMatchObject([{ id: 1 }]);
    expect(hasLease()).toBe(false);
    cluster.advance(timingOf(TIMEOUT_MS).heartbeatMs);
    expect(hasLease()).toBe(true);
  });

  /** Time with one follower cut off, in which the others would let the lease go on. */
  const LEASE_MS = TIMEOUT_MS * (1 - timingOf(TIMEOUT_MS).clockDriftPart);

  test("of a leader that is leaving rests on the majority of those who stay", () => {
    for (const isLeaving of [false, true]) {
      const cluster = new TestCluster(["a", "b", "c"]);
      const leader = cluster.elect();
      const [away = ""] = [...cluster.servers.keys()].filter((id) => id !== leader.id);
      cluster.isolate(away);
      if (isLeaving) leader.step({ type: "change", id: 1, change: { kind: "remove", serverId: leader.id } });
      cluster.advance(LEASE_MS);
      expect(leader.core.status().role).toBe("leader");
      expect(leader.core.hasLease(cluster.nowMs, leader.core.status().commitIndex)).toBe(!isLeaving);
    }
  });

  test("needs a server that has just got its vote", () => {
    const cluster = new TestCluster(["a"]);
    const leader = cluster.elect();
    cluster.add("b");
    leader.step({ type: "change", id: 1, change: { kind: "add", server: { id: "b", address: "b" } } });
    cluster.settle();
    cluster.isolate("b");
    const hasLease = () => leader.core.hasLease(cluster.nowMs, leader.core.status().commitIndex);
    cluster.advance(LEASE_MS);
    expect(hasLease()).toBe(true);
    leader.step({ type: "change", id: 2, change: { kind: "promote", serverId: "b" } });
    expect(hasLease()).toBe(false);
  });
});

test("a leader that is alone sleeps until something comes; with a follower it has heartbeats to send", () => {
  const cluster = new TestCluster(["a"]);
  const leader = cluster.elect();
  expect(leader.core.nextDeadlineMs).toBe(Number.POSITIVE_INFINITY);
  cluster.advance(10 * TIMEOUT_MS);
  cluster.add("b");
  leader.step({ type: "change", id: 1, change: { kind: "add", server: { id: "b", address: "b" } } });
  cluster.settle();
  expect(leader.core.nextDeadlineMs).toBeLessThanOrEqual(cluster.nowMs + TIMEOUT_MS);
  expect(cluster.get("b").entries).toEqual(leader.entries);
});
