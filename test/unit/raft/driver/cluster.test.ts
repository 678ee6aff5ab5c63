import { describe, expect, test } from "bun:test";
import type { Message } from "../../../../src/raft/core/messages.ts";
import type { ExportedArchive } from "../../../../src/raft/types.ts";
import { MemoryArchive } from "../../../support/archives.ts";
import { Cluster, TIMING } from "../../../support/raft/cluster.ts";

const THREE = ["a", "b", "c"];
const T = TIMING.electionTimeoutMs;

const commands = (count: number, from = 0) => Array.from({ length: count }, (_, at) => `c${from + at}`);
const touches = (message: Message, id: string) => message.from === id || message.to === id;
const cut = (cluster: Cluster, ...ids: string[]) => {
  cluster.carries = (message) => !ids.some((id) => touches(message, id));
};
const heal = (cluster: Cluster) => {
  cluster.carries = () => true;
};

async function write(cluster: Cluster, data: readonly string[]): Promise<void> {
  await cluster.outcome(Promise.all(data.map((each) => cluster.leader.propose(each))));
}

describe("three servers", () => {
  test("what is proposed is applied on all of them, once and in order", async () => {
    const cluster = await Cluster.started(THREE);
    await write(cluster, commands(500));
    await cluster.until(() => cluster.isEven());
    for (const id of THREE) expect(cluster.rows(id)).toEqual(commands(500));
    expect(cluster.leader.status()).toMatchObject({ state: "Leader", peers: 2, fsmPending: 0 });
  });

  test("proposals of one turn are one write and one message to each follower", async () => {
    const cluster = await Cluster.started(THREE);
    const before = cluster.sent.length;
    await write(cluster, commands(300));
    const counts = cluster.sent
      .slice(before)
      .map((message) => (message.type === "append" ? message.entries.length : 0));
    expect(counts.filter((count) => count > 0)).toEqual([300, 300]);
  });

  test("the same events give the same run", async () => {
    const run = async () => {
      const cluster = await Cluster.started(THREE);
      await write(cluster, commands(20));
      cluster.kill(cluster.leaderId ?? "");
      await cluster.until(() => cluster.leaderId !== undefined);
      return JSON.stringify(cluster.sent);
    };
    expect(await run()).toBe(await run());
  });

  test("a follower and a server that stops refuse writes, and these are certain not to happen", async () => {
    const cluster = await Cluster.started(THREE);
    const [follower = ""] = cluster.followerIds;
    const refused = { message: "No cluster leader", outcome: "refused" };
    expect(await cluster.outcome(cluster.node(follower).propose("x"))).toMatchObject(refused);
    const { leader } = cluster;
    const stopped = leader.stop();
    expect(await cluster.outcome(leader.propose("y"))).toMatchObject(refused);
    await cluster.outcome(stopped);
  });
});

describe("when the leader dies", () => {
  test("another one has all answered writes and goes on; the old one catches up when it comes back", async () => {
    const cluster = await Cluster.started(THREE);
    await write(cluster, commands(10));
    const old = cluster.leaderId ?? "";
    cluster.kill(old);
    await cluster.until(() => cluster.leaderId !== undefined, 3 * T);
    await write(cluster, commands(10, 10));
    await cluster.start(old);
    await cluster.until(() => cluster.isEven());
    for (const id of THREE) expect(cluster.rows(id)).toEqual(commands(20));
  });

  test("all servers restarted at once find each other again and lose nothing", async () => {
    const cluster = await Cluster.started(THREE);
    await write(cluster, commands(10));
    for (const id of THREE) cluster.kill(id);
    for (const id of THREE) await cluster.start(id);
    await cluster.until(() => cluster.leaderId !== undefined);
    await cluster.until(() => cluster.isEven());
    for (const id of THREE) expect(cluster.rows(id)).toEqual(commands(10));
  });
});

describe("a write under way when its leader is cut off", () => {
  test("is unknown after an election timeout without word of it", async () => {
    const cluster = await Cluster.started(THREE);
    const old = cluster.leaderId ?? "";
    cut(cluster, old);
    const write = cluster.outcome(cluster.leader.propose("lost"));
    expect(await write).toMatchObject({ message: "leadership lost while committing log", outcome: "unknown" });
    expect(cluster.node(old).isLeader).toBe(false);
  });

  test("is certain not to have happened once another leader's entry has its index", async () => {
    const cluster = await Cluster.started(THREE);
    const old = cluster.leaderId ?? "";
    cut(cluster, old);
    const write = cluster.outcome(cluster.node(old).propose("overwritten"));
    await cluster.until(() => !cluster.node(old).isLeader);
    await cluster.until(() => cluster.leaderId !== undefined);
    heal(cluster);
    expect(await write).toMatchObject({ message: "No cluster leader", outcome: "refused" });
    await cluster.until(() => cluster.isEven());
    for (const id of THREE) expect(cluster.rows(id)).toEqual([]);
  });

  test("is answered with its result when the next leader has it", async () => {
    const cluster = await Cluster.started(THREE);
    const [next = ""] = cluster.followerIds;
    const old = cluster.leaderId ?? "";
    // The followers take the entry; the old leader hears nothing of that.
    cluster.carries = ({ type, to }) => type !== "appendReply" || to !== old;
    const write = cluster.outcome(cluster.node(old).propose("kept"));
    await cluster.run(10);
    const { term, lastLogIndex: lastIndex } = cluster.node(old).status();
    cluster.node(next).receive({ type: "timeoutNow", from: old, to: next, term, lastIndex });
    await cluster.until(() => cluster.node(next).isLeader);
    expect(await write).toBe("applied kept");
  });
});

describe("reads", () => {
  test("the leader has a lease, a follower asks for the index and waits until it is applied there", async () => {
    const cluster = await Cluster.started(THREE);
    const [follower = ""] = cluster.followerIds;
    await cluster.until(() => cluster.leader.hasLease());
    expect(cluster.node(follower).hasLease()).toBe(false);
    for (const isConfirmed of [false, true]) {
      await write(cluster, [`x${isConfirmed}`]);
      const read = cluster.node(follower).readIndex({ isConfirmed, timeoutMs: 1_000 });
      expect(await cluster.outcome(read)).toBeUndefined();
      expect(cluster.rows(follower)).toContain(`x${isConfirmed}`);
    }
  });

  test("of one turn share a question", async () => {
    const cluster = await Cluster.started(THREE);
    const [follower = ""] = cluster.followerIds;
    const before = cluster.sent.length;
    const reads = Array.from({ length: 100 }, () =>
      cluster.node(follower).readIndex({ isConfirmed: false, timeoutMs: 1_000 }),
    );
    await cluster.outcome(Promise.all(reads));
    expect(cluster.sent.slice(before).filter(({ type }) => type === "readIndexRequest")).toHaveLength(1);
  });

  test("wait for the next leader, and fail when there is none in time", async () => {
    const cluster = await Cluster.started(THREE);
    const [follower = ""] = cluster.followerIds;
    cluster.kill(cluster.leaderId ?? "");
    const patient = cluster.outcome(cluster.node(follower).readIndex({ isConfirmed: true, timeoutMs: 5_000 }));
    expect(await patient).toBeUndefined();
    cut(cluster, ...THREE);
    const startMs = cluster.clock.monotonicMs();
    const hasty = cluster.outcome(cluster.node(follower).readIndex({ isConfirmed: true, timeoutMs: 500 }));
    expect(await hasty).toMatchObject({ message: "No cluster leader" });
    expect(cluster.clock.monotonicMs() - startMs).toBeLessThan(500 + 2 * TIMING.heartbeatMs);
  });

  test("a leader that is cut off has no lease when another one leads, and confirms nothing", async () => {
    const cluster = await Cluster.started(THREE);
    const old = cluster.leaderId ?? "";
    cut(cluster, old);
    const read = cluster.outcome(cluster.node(old).readIndex({ isConfirmed: true, timeoutMs: 3_000 }));
    await cluster.until(() => cluster.leaderId !== undefined && cluster.leaderId !== old);
    expect(cluster.node(old).hasLease()).toBe(false);
    expect(await read).toMatchObject({ message: "No cluster leader" });
  });

  test("a leader whose host was suspended has no lease until it is answered again", async () => {
    const cluster = await Cluster.started(THREE);
    const { clock, leader } = cluster;
    await cluster.until(() => leader.hasLease());
    const wallMs = clock.nowMs.bind(clock);
    clock.nowMs = () => wallMs() + 60_000;
    expect(leader.hasLease()).toBe(false);
    const sent = cluster.sent.length;
    expect(await cluster.outcome(leader.readIndex({ isConfirmed: false, timeoutMs: 1_000 }))).toBeUndefined();
    expect(cluster.sent.slice(sent).map(({ type }) => type)).toContain("heartbeat");
    expect(leader.hasLease()).toBe(true);
  });
});

describe("snapshots", () => {
  const policy = { intervalMs: 50, thresholdEntries: 100, trailingEntries: 10 };

  test("a follower that was away for too long gets one, in chunks, and the log after it", async () => {
    const cluster = await Cluster.started(THREE, { policy, limits: { snapshotChunkBytes: 1_000 } });
    const [away = ""] = cluster.followerIds;
    cluster.kill(away);
    for (let from = 0; from < 600; from += 100) {
      await write(cluster, commands(100, from));
      await cluster.run(400);
    }
    expect(cluster.leader.status().firstLogIndex).toBeGreaterThan(100);
    await cluster.start(away);
    await cluster.until(() => cluster.isEven());
    expect(cluster.rows(away)).toEqual(commands(600));
    expect(cluster.sent.filter(({ type, to }) => type === "snapshotChunk" && to === away).length).toBeGreaterThan(3);
    const { configuration, firstLogIndex } = cluster.node(away).status();
    expect(firstLogIndex).toBeGreaterThan(100);
    expect(configuration.configuration.servers.map(({ id }) => id)).toEqual(THREE);
    await write(cluster, ["after"]);
    await cluster.until(() => cluster.rows(away).includes("after"));
    // What it installed is what it starts from.
    cluster.kill(away);
    await cluster.start(away);
    await cluster.until(() => cluster.rows(away).includes("after"));
    expect(cluster.rows(away)).toEqual([...commands(600), "after"]);
  });

  test("what a follower that is fed from the log still needs is not cut, up to three times the trailing entries", async () => {
    const cluster = await Cluster.started(THREE, { policy });
    const [slow = ""] = cluster.followerIds;
    await write(cluster, commands(100));
    await cluster.until(() => cluster.isEven());
    const match = cluster.leader.status().lastLogIndex;
    cut(cluster, slow);
    await write(cluster, commands(25, 100));
    await cluster.run(400);
    await write(cluster, commands(90, 125));
    await cluster.run(600);
    const snapshot = cluster.leader.status().lastSnapshotIndex;
    expect(snapshot).toBeGreaterThan(match);
    expect(cluster.leader.status().firstLogIndex).toBeLessThanOrEqual(Math.max(match, snapshot - 30) + 1);
    expect(cluster.leader.status().firstLogIndex).toBeLessThanOrEqual(snapshot - 10 + 1);
  });
});

describe("a restore", () => {
  test("replaces the state of every server at one point of the log, and goes on", async () => {
    const source = await Cluster.started(["x"]);
    await write(source, commands(30));
    const { archive } = (await source.outcome(source.leader.saveSnapshot())) as ExportedArchive;
    const cluster = await Cluster.started(THREE);
    await write(cluster, ["old"]);
    const restored = cluster.leader.restoreSnapshot(archive);
    const meanwhile = await cluster.outcome(cluster.leader.propose("meanwhile"));
    expect(meanwhile).toMatchObject({ message: "snapshot restored while committing log", outcome: "refused" });
    expect(await cluster.outcome(restored)).toEqual({ leftOut: {}, kept: {} });
    await write(cluster, ["new"]);
    await cluster.until(() => cluster.isEven());
    for (const id of THREE) expect(cluster.rows(id)).toEqual([...commands(30), "new"]);
  });

  test("of what is no archive changes nothing", async () => {
    const cluster = await Cluster.started(THREE);
    await write(cluster, ["old"]);
    const bad = new MemoryArchive(new TextEncoder().encode("garbage"));
    expect(await cluster.outcome(cluster.leader.restoreSnapshot(bad))).toMatchObject({ message: "not an archive" });
    await write(cluster, ["new"]);
    for (const id of THREE) expect(cluster.rows(id).filter((row) => row !== "abandoned")).toContain("old");
  });
});

describe("membership", () => {
  test("a new server gets the log, is promoted, and the cluster goes on without an old one", async () => {
    const cluster = await Cluster.started(THREE);
    await write(cluster, commands(10));
    await cluster.start("d");
    const add = cluster.leader.changeConfiguration({ kind: "add", server: { id: "d", address: "d:8300" } });
    expect(await cluster.outcome(add)).toBeUndefined();
    await cluster.until(() => cluster.rows("d").length === 10);
    expect(cluster.node("d").status()).toMatchObject({ state: "Follower", peers: 0 });
    await cluster.outcome(cluster.leader.changeConfiguration({ kind: "promote", serverId: "d" }));
    const [gone = ""] = cluster.followerIds.filter((id) => id !== "d");
    await cluster.outcome(cluster.leader.changeConfiguration({ kind: "remove", serverId: gone }));
    cluster.kill(gone);
    await write(cluster, ["after"]);
    await cluster.until(() => cluster.isEven());
    expect(cluster.rows("d")).toEqual([...commands(10), "after"]);
    expect(cluster.leader.status().peers).toBe(2);
  });

  test("a change that can't be made is refused with its reason", async () => {
    const cluster = await Cluster.started(THREE);
    const unknown = cluster.leader.changeConfiguration({ kind: "remove", serverId: "z" });
    expect(await cluster.outcome(unknown)).toMatchObject({ message: "no such server in the Raft configuration" });
    const [first, second] = [
      { kind: "demote", serverId: cluster.followerIds[0] ?? "" } as const,
      { kind: "demote", serverId: cluster.followerIds[1] ?? "" } as const,
    ].map((change) => cluster.outcome(cluster.leader.changeConfiguration(change)));
    expect(await first).toBeUndefined();
    expect((await second) as Error).toMatchObject({ message: expect.stringContaining("another change") });
  });

  test("leadership goes to the server that is named, and a leader that stops hands it over", async () => {
    const cluster = await Cluster.started(THREE);
    const [next = ""] = cluster.followerIds;
    expect(await cluster.outcome(cluster.leader.transferLeadership(next))).toBeUndefined();
    await cluster.until(() => cluster.leaderId === next && cluster.isEven());
    const startMs = cluster.clock.monotonicMs();
    await cluster.outcome(cluster.leader.stop());
    await cluster.until(() => cluster.running.some((id) => id !== next && cluster.node(id).isLeader));
    expect(cluster.clock.monotonicMs() - startMs).toBeLessThan(T / 2);
    expect(cluster.node(next).status().state).toBe("Shutdown");
    expect(cluster.member(next).roles.at(-1)).toMatchObject({ isLeader: false });
  });

  test("one server alone is declared the cluster when the others are lost", async () => {
    const cluster = await Cluster.started(THREE);
    await write(cluster, commands(5));
    await cluster.until(() => cluster.isEven());
    cluster.kill("a");
    cluster.kill("b");
    await cluster.run(2 * T);
    const servers = [{ id: "c", address: "c:8300", voter: true }];
    expect(await cluster.outcome(cluster.node("c").recover({ servers }, "new-id"))).toBeUndefined();
    await write(cluster, ["alone"]);
    expect(cluster.rows("c")).toEqual([...commands(5), "alone"]);
    expect((await cluster.member("c").store.open()).clusterId).toBe("new-id");
    cluster.kill("c");
    await cluster.start("c");
    expect(cluster.leaderId).toBe("c");
  });
});

describe("disks", () => {
  test("a leader whose disk is full gives way to one that can write", async () => {
    const cluster = await Cluster.started(THREE);
    const old = cluster.leaderId ?? "";
    cluster.member(old).disk.isFull = true;
    const write = cluster.outcome(cluster.leader.propose("x"));
    await cluster.until(() => cluster.leaderId !== undefined && cluster.leaderId !== old);
    // The followers had it from the old leader.
    expect(await write).toMatchObject({ outcome: "unknown" });
    await cluster.outcome(cluster.leader.propose("y"));
    cluster.member(old).disk.isFull = false;
    await cluster.until(() => cluster.isEven());
    expect(cluster.rows(old)).toEqual(["x", "y"]);
  });

  test("a follower with a full disk follows again when there is room", async () => {
    const cluster = await Cluster.started(THREE);
    const [full = ""] = cluster.followerIds;
    cluster.member(full).disk.isFull = true;
    await write(cluster, commands(5));
    await cluster.run(2 * T);
    expect(cluster.rows(full)).toEqual([]);
    cluster.member(full).disk.isFull = false;
    await cluster.until(() => cluster.isEven());
    expect(cluster.rows(full)).toEqual(commands(5));
  });

  test("writes that come while the disk is busy go together", async () => {
    const cluster = await Cluster.started(["a"]);
    const { disk, state } = cluster.member("a");
    disk.isSlow = true;
    const writes: Promise<unknown>[] = [];
    for (const data of commands(20)) {
      writes.push(cluster.leader.propose(data));
      await cluster.run(1);
    }
    const before = state.machine.batches.length;
    disk.goOn();
    await cluster.outcome(Promise.all(writes));
    expect(state.machine.batches.slice(before).map((batch) => batch.length)).toEqual([1, 19]);
  });
});
