import { expect, test } from "bun:test";
import { RaftCore } from "../../../../src/raft/core/core.ts";
import { LIMITS, timingOf } from "../../../../src/raft/core/types.ts";
import { TestCluster, TIMEOUT_MS } from "../../../support/raft-cluster.ts";

/** b, and a with or without a vote, or not at all. */
const pair = (voter: boolean | undefined) => ({
  servers: [{ id: "b", address: "b", voter: true }, ...(voter === undefined ? [] : [{ id: "a", address: "a", voter }])],
});

test("a server that is to lose its vote still leads until that is committed, when only its log is long enough (thesis 4.2.2)", () => {
  const cluster = new TestCluster(["a", "b"]);
  const old = cluster.elect();
  const other = cluster.get(old.id === "a" ? "b" : "a");
  // The other one does not hear of the change, and without it can't be elected; its own log is too short.
  cluster.isolate(other.id);
  old.step({ type: "change", id: 1, change: { kind: "remove", serverId: old.id } });
  cluster.advance(4 * TIMEOUT_MS);
  expect(old.core.status()).toMatchObject({ role: expect.not.stringContaining("leader") });
  expect(old.core.status().lastIndex).toBeGreaterThan(other.core.status().lastIndex);
  cluster.heal();
  cluster.advance(6 * TIMEOUT_MS);
  expect(cluster.leader()?.id).toBe(other.id);
  expect(other.core.status().committedConfiguration.configuration.servers.map(({ id }) => id)).toEqual([other.id]);
});

test("a server that has lost its vote for good campaigns no more", () => {
  const cluster = new TestCluster(["a", "b", "c"]);
  const leader = cluster.elect();
  const leaver = [...cluster.servers.values()].find(({ id }) => id !== leader.id);
  leader.step({ type: "change", id: 1, change: { kind: "demote", serverId: leaver?.id ?? "" } });
  cluster.advance(TIMEOUT_MS);
  cluster.isolate(leaver?.id ?? "");
  cluster.sent = [];
  cluster.advance(6 * TIMEOUT_MS);
  expect(cluster.sent.filter(({ from, type }) => from === leaver?.id && /vote/i.test(type))).toEqual([]);
});

test("a leader alone takes back what its full disk refused only if nobody was sent it, a server that leaves included", () => {
  const cluster = new TestCluster(["a", "b"]);
  const leader = cluster.elect();
  const other = cluster.get(leader.id === "a" ? "b" : "a");
  const { term, lastIndex } = leader.core.status();
  leader.isDiskHeld = true;
  leader.step({ type: "change", id: 1, change: { kind: "remove", serverId: other.id } });
  cluster.settle();
  expect(other.entries.at(-1)).toMatchObject({ index: lastIndex + 1, term, type: "configuration" });
  leader.step({ type: "appendRefused", id: leader.held[0]?.id ?? 0 });
  // In this term the index has had an entry: another one there would be a second truth.
  expect(leader.take("dropped")).toEqual([]);
  expect(leader.core.status()).toMatchObject({ role: "follower", lastIndex });
});

test("a server that is promoted and removed before it hears of a commit still campaigns: it may have the longest log", () => {
  const core = (commitIndex: number) =>
    new RaftCore({
      start: {
        id: "a",
        hardState: { term: 1, votedFor: "" },
        firstIndex: 1,
        lastIndex: 3,
        termStarts: [{ index: 1, term: 1 }],
        configurations: [false, true, undefined].map((voter, at) => ({ index: at + 1, configuration: pair(voter) })),
        commitIndex,
      },
      timing: timingOf(TIMEOUT_MS),
      limits: LIMITS,
      random: () => 0,
      nowMs: 0,
    });
  const sentBy = (commitIndex: number) =>
    core(commitIndex)
      .step({ type: "tick" }, TIMEOUT_MS)
      .filter(({ type }) => type === "send");
  expect(sentBy(1)).toMatchObject([{ message: { type: "preVoteRequest", to: "b" } }]);
  expect(sentBy(2)).toMatchObject([{ message: { type: "preVoteRequest", to: "b" } }]);
  expect(sentBy(3)).toEqual([]);
});

test("a lease is no leave to answer from a state behind the commit index: a follower may have answered from a newer one", () => {
  const cluster = new TestCluster(["a", "b", "c"]);
  const leader = cluster.elect();
  cluster.propose(leader, "x");
  const { commitIndex } = leader.core.status();
  expect(leader.core.hasLease(cluster.nowMs, commitIndex - 1)).toBe(false);
  expect(leader.core.hasLease(cluster.nowMs, commitIndex)).toBe(true);
});

test("a cluster can be founded again after a crash between the first term and the first entry", () => {
  const cluster = new TestCluster(["a"]);
  const late = cluster.add("z");
  late.hardState = { term: 1, votedFor: "" };
  late.restart();
  late.step({ type: "bootstrap", configuration: { servers: [{ id: "z", address: "z", voter: true }] } });
  cluster.advance(4 * TIMEOUT_MS);
  expect(late.core.status()).toMatchObject({ role: "leader", term: 2 });
});

test("a read that waits for a server is confirmed when that leaves the configuration", () => {
  const cluster = new TestCluster(["a", "b"]);
  const leader = cluster.elect();
  const other = cluster.get(leader.id === "a" ? "b" : "a");
  cluster.isCut = ({ type }) => type === "heartbeatReply";
  leader.step({ type: "read", id: 9, isConfirmed: true });
  leader.step({ type: "change", id: 1, change: { kind: "remove", serverId: other.id } });
  expect(leader.take("readReady")).toEqual([]);
  cluster.advance(TIMEOUT_MS / 2);
  expect(leader.take("readReady")).toMatchObject([{ id: 9 }]);
});
