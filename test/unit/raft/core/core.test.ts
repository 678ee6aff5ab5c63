import { describe, expect, test } from "bun:test";
import type { Message } from "../../../../src/raft/core/messages.ts";
import { TestCluster, TIMEOUT_MS } from "../../../support/raft-cluster.ts";

const three = () => new TestCluster(["a", "b", "c"]);
const others = (cluster: TestCluster, id: string) => [...cluster.servers.values()].filter((server) => server.id !== id);

describe("a cluster of three", () => {
  test("the server that was bootstrapped brings the configuration to the others, and one leads", () => {
    const cluster = three();
    const leader = cluster.elect();
    for (const { core } of cluster.servers.values()) {
      expect(core.status().configuration.configuration.servers.map(({ id }) => id)).toEqual(["a", "b", "c"]);
      expect(core.status().commitIndex).toBe(leader.core.status().lastIndex);
    }
  });

  test("a proposal is on every disk and committed everywhere", () => {
    const cluster = three();
    const leader = cluster.elect();
    cluster.propose(leader, "x", "y");
    cluster.advance(20);
    for (const { core, entries } of cluster.servers.values()) {
      expect(entries.slice(-2).map(({ data }) => data)).toEqual(["x", "y"]);
      expect(core.status().commitIndex).toBe(leader.core.status().lastIndex);
    }
  });

  test("a follower knows no leader to propose to", () => {
    const cluster = three();
    const [follower] = others(cluster, cluster.elect().id);
    if (follower === undefined) throw new Error("no follower");
    cluster.propose(follower, "x");
    expect(follower.take("refused").map(({ reason }) => reason)).toEqual(["not leader"]);
  });

  test("when the leader is gone the others elect one, and it takes their log when it is back", () => {
    const cluster = three();
    const old = cluster.elect();
    cluster.propose(old, "kept");
    old.crash();
    cluster.advance(4 * TIMEOUT_MS);
    const leader = cluster.elect();
    expect(leader.id).not.toBe(old.id);
    cluster.propose(leader, "new");
    old.restart();
    cluster.advance(2 * TIMEOUT_MS);
    expect(old.entries.map(({ data }) => data).filter((data) => /^(kept|new)$/.test(data))).toEqual(["kept", "new"]);
    expect(old.entries).toEqual(leader.entries);
  });

  test("a leader without a quorum steps down (check-quorum), and what it appended alone goes", () => {
    const cluster = three();
    const old = cluster.elect();
    cluster.isolate(old.id);
    cluster.propose(old, "alone");
    cluster.advance(4 * TIMEOUT_MS);
    expect(old.core.status().role).not.toBe("leader");
    const leader = cluster.leader();
    if (leader === undefined) throw new Error("no leader");
    cluster.propose(leader, "together");
    cluster.heal();
    cluster.advance(2 * TIMEOUT_MS);
    expect(old.entries).toEqual(leader.entries);
    expect(old.entries.some(({ data }) => data === "alone")).toBe(false);
  });

  test("a server that was cut off comes back without deposing the leader (pre-vote, thesis 9.6)", () => {
    const cluster = three();
    const leader = cluster.elect();
    const { term } = leader.core.status();
    const [lost] = others(cluster, leader.id);
    cluster.isolate(lost?.id ?? "");
    cluster.advance(10 * TIMEOUT_MS);
    cluster.heal();
    cluster.advance(2 * TIMEOUT_MS);
    expect(leader.core.status()).toMatchObject({ role: "leader", term });
    expect(lost?.core.status()).toMatchObject({ role: "follower", term, leader: leader.id });
  });

  test("a vote is not answered before it is durable, and a crash before that takes it back (rule B1)", () => {
    const cluster = three();
    const leader = cluster.elect();
    const [voter, candidate] = others(cluster, leader.id);
    if (voter === undefined || candidate === undefined) throw new Error("no followers");
    leader.crash();
    voter.isDiskHeld = true;
    cluster.sent = [];
    cluster.advance(2 * TIMEOUT_MS);
    candidate.step({ type: "campaign" });
    cluster.settle();
    const votes = () => cluster.sent.filter((m: Message) => m.type === "voteReply" && m.from === voter.id);
    expect(votes()).toEqual([]);
    voter.releaseDisk();
    cluster.settle();
    expect(votes().length).toBeGreaterThan(0);
    expect(voter.hardState).toEqual({ term: candidate.core.status().term, votedFor: candidate.id });
  });

  test("a transfer makes the wanted server the leader at once", () => {
    const cluster = three();
    const old = cluster.elect();
    const [target] = others(cluster, old.id);
    old.step({ type: "transfer", id: 9, to: target?.id });
    cluster.settle();
    expect(target?.core.status().role).toBe("leader");
    expect(old.take("transferred")).toEqual([{ type: "transferred", id: 9, ok: true, reason: "" }]);
  });

  test("a read on a follower gets the leader's commit index", () => {
    const cluster = three();
    const leader = cluster.elect();
    const [follower] = others(cluster, leader.id);
    cluster.propose(leader, "x");
    for (const isConfirmed of [false, true]) {
      follower?.step({ type: "read", id: 5, isConfirmed });
      cluster.settle();
      expect(follower?.take("readReady")).toEqual([
        { type: "readReady", id: 5, index: leader.core.status().commitIndex },
      ]);
    }
  });

  test("a new leader answers from its own state only when that has what leaders before it have answered", () => {
    const cluster = three();
    const old = cluster.elect();
    cluster.propose(old, "answered");
    const answered = old.core.status().commitIndex;
    old.crash();
    cluster.advance(4 * TIMEOUT_MS);
    const leader = cluster.elect();
    expect(leader.core.hasLease(cluster.nowMs, answered)).toBe(false);
    expect(leader.core.hasLease(cluster.nowMs, answered + 1)).toBe(true);
  });

  test("a deposed leader confirms no read, and its lease is over before another leads (thesis 6.4)", () => {
    const cluster = three();
    const old = cluster.elect();
    expect(old.core.hasLease(cluster.nowMs, old.core.status().commitIndex)).toBe(true);
    cluster.isolate(old.id);
    old.step({ type: "read", id: 5, isConfirmed: true });
    for (let ms = 0; ms < 4 * TIMEOUT_MS; ms += 10) {
      cluster.advance(10);
      const leaders = [...cluster.servers.values()].filter((s) => s.core.status().role === "leader" && s !== old);
      if (leaders.length > 0) expect(old.core.hasLease(cluster.nowMs, old.core.status().commitIndex)).toBe(false);
    }
    expect(old.take("readReady")).toEqual([]);
    expect(old.take("readFailed").map(({ id }) => id)).toEqual([5]);
  });
});

describe("membership", () => {
  test("a server joins without a vote, catches up, is promoted, and counts then", () => {
    const cluster = three();
    const leader = cluster.elect();
    cluster.propose(leader, "before");
    const added = cluster.add("d");
    leader.step({ type: "change", id: 2, change: { kind: "add", server: { id: "d", address: "d" } } });
    cluster.settle();
    cluster.advance(TIMEOUT_MS);
    expect(added.entries).toEqual(leader.entries);
    leader.step({ type: "change", id: 3, change: { kind: "promote", serverId: "d" } });
    cluster.settle();
    expect(leader.core.status().configuration.configuration.servers.filter(({ voter }) => voter)).toHaveLength(4);
  });

  test("a leader that is removed hands over once the change is committed", () => {
    const cluster = three();
    const old = cluster.elect();
    old.step({ type: "change", id: 2, change: { kind: "remove", serverId: old.id } });
    cluster.settle();
    expect(old.core.status().role).toBe("follower");
    const leader = cluster.leader();
    expect(leader?.core.status().configuration.configuration.servers).toHaveLength(2);
    cluster.advance(5 * TIMEOUT_MS);
    expect(old.core.status().role).toBe("follower");
  });

  test("no change before an entry of the own term is committed, nor before the last change is (Ongaro 2015)", () => {
    const cluster = three();
    const leader = cluster.elect();
    cluster.isolate(leader.id);
    leader.step({ type: "change", id: 2, change: { kind: "remove", serverId: leader.id } });
    leader.step({ type: "change", id: 3, change: { kind: "add", server: { id: "d", address: "d" } } });
    expect(leader.take("refused").map(({ reason }) => reason)).toEqual(["change under way"]);
  });
});

describe("disks", () => {
  test("a leader whose disk is full steps down, and another goes on", () => {
    const cluster = three();
    const old = cluster.elect();
    old.isDiskFull = true;
    cluster.propose(old, "x");
    cluster.advance(4 * TIMEOUT_MS);
    const leader = cluster.elect();
    expect(leader.id).not.toBe(old.id);
    cluster.propose(leader, "y");
    old.isDiskFull = false;
    cluster.advance(2 * TIMEOUT_MS);
    expect(old.entries).toEqual(leader.entries);
  });

  test("a server alone whose disk is full leads on, and what it could not append is certainly not written", () => {
    const cluster = new TestCluster(["a"]);
    const a = cluster.get("a");
    a.step({ type: "campaign" });
    cluster.settle();
    a.isDiskFull = true;
    cluster.propose(a, "lost");
    const { lastIndex, role } = a.core.status();
    expect(role).toBe("leader");
    expect(a.take("dropped")).toEqual([{ type: "dropped", fromIndex: lastIndex + 1 }]);
    a.isDiskFull = false;
    cluster.propose(a, "kept");
    expect(a.entries.at(-1)).toMatchObject({ index: lastIndex + 1, data: "kept" });
  });
});
