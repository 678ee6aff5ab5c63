import { describe, expect, test } from "bun:test";
import { Refusal } from "../../../src/lib/refusal.ts";
import type { ExportedArchive } from "../../../src/raft/types.ts";
import { Cluster, TIMING } from "../../support/raft/cluster.ts";

/** A server that is the only one, with its first two entries: the configuration and the noop of its first term. */
const alone = () => Cluster.started(["a"]);

describe("a server alone", () => {
  test("is bootstrapped by a configuration, a durable vote for itself and a noop (thesis 6.4), and leads", async () => {
    const cluster = await alone();
    const { store, roles } = cluster.member("a");
    expect((await store.open()).hardState).toEqual({ term: 2, votedFor: "a" });
    expect((await store.read(1, 9, 1e9)).map(({ index, term, type }) => `${index} ${term} ${type}`)).toEqual([
      "1 1 configuration",
      "2 2 noop",
    ]);
    const entries = { lastLogIndex: 2, commitIndex: 2, appliedIndex: 2, fsmPending: 0 };
    expect(cluster.leader.status()).toMatchObject({ state: "Leader", term: 2, leader: "a", peers: 0, ...entries });
    expect(cluster.leader.leaderContactMs()).toBe(0);
    expect(roles.at(-1)).toEqual({ isLeader: true, term: 2, leader: "a" });
  });

  test("without a configuration waits, and is bootstrapped once only", async () => {
    const cluster = new Cluster(["a"]);
    const node = await cluster.start("a");
    await cluster.run(5 * TIMING.electionTimeoutMs);
    expect(node.status()).toMatchObject({ state: "Follower", term: 0, leader: undefined, leaderContactMs: undefined });
    const servers = [{ id: "a", address: "a:1", voter: true }];
    expect(await cluster.outcome(node.bootstrap({ servers }))).toBeUndefined();
    expect(await cluster.outcome(node.bootstrap({ servers }))).toMatchObject({
      message: "bootstrap only works on new clusters",
    });
  });

  test("resolves a proposal with the state machine's result, or rejects with its Refusal", async () => {
    const cluster = await alone();
    expect(await cluster.outcome(cluster.leader.propose("a"))).toBe("applied a");
    expect(await cluster.outcome(cluster.leader.propose("refuse"))).toMatchObject({ message: "no", status: 403 });
    expect(await cluster.outcome(cluster.leader.propose("b"))).toBe("applied b");
    expect(cluster.leader.status()).toMatchObject({ lastLogIndex: 5, appliedIndex: 5 });
  });

  test("hands what the proposer parsed to the state machine, in one call for entries that become durable together", async () => {
    const cluster = await alone();
    const { machine } = cluster.member("a").state;
    const before = machine.batches.length;
    const writes = Array.from({ length: 50 }, (_, at) => cluster.leader.propose(String(at), { at }));
    await cluster.outcome(Promise.all(writes));
    expect(machine.batches.slice(before).map((batch) => batch.length)).toEqual([50]);
    expect(machine.batches.at(-1)?.[7]).toMatchObject({ data: "7", command: { at: 7 } });
  });

  test("applies after a restart what the state machine misses and nothing twice, then leads a higher term", async () => {
    const cluster = await alone();
    const write = (data: string) => cluster.outcome(cluster.leader.propose(data));
    await write("a");
    cluster.member("a").state.machine.flush();
    await write("b");
    await write("c");
    cluster.kill("a");
    const { machine } = cluster.member("a").state;
    machine.batches = [];
    await cluster.start("a");
    expect(machine.batches.flat().map(({ index, data }) => `${index}${data}`)).toEqual(["4b", "5c", "6"]);
    expect(cluster.leader.status()).toMatchObject({ term: 3, lastLogIndex: 6 });
  });

  test("refuses proposals after a stop, and answers those before it", async () => {
    const cluster = await alone();
    const { leader } = cluster;
    const under = cluster.outcome(leader.propose("a"));
    const stopped = cluster.outcome(leader.stop());
    expect(await under).toBe("applied a");
    await stopped;
    expect(await cluster.outcome(leader.propose("b"))).toMatchObject({ message: "No cluster leader", status: 500 });
    expect(leader.status().state).toBe("Shutdown");
    expect(leader.hasLease()).toBe(false);
  });

  test("lets a barrier wait for what was proposed before it, and only for that", async () => {
    const cluster = await alone();
    const under = cluster.outcome(cluster.leader.propose("a"));
    await cluster.outcome(cluster.leader.barrier());
    expect(cluster.rows("a")).toEqual(["a"]);
    await under;
    await cluster.leader.barrier();
  });

  test("has its lease without asking anybody", async () => {
    const cluster = await alone();
    expect(cluster.leader.hasLease()).toBe(true);
    await cluster.run(10 * TIMING.electionTimeoutMs);
    expect(cluster.leader.hasLease()).toBe(true);
    expect(await cluster.outcome(cluster.leader.readIndex({ isConfirmed: true, timeoutMs: 100 }))).toBeUndefined();
  });

  test("ends when an entry can't be applied, instead of skipping it", async () => {
    const cluster = await alone();
    const { leader } = cluster;
    expect(await cluster.outcome(leader.propose("crash"))).toMatchObject({ outcome: "unknown" });
    expect(cluster.member("a").fatal).toEqual(["can't apply entry 3: Error: boom"]);
    expect(await cluster.outcome(leader.propose("x"))).toMatchObject({ message: "No cluster leader" });
  });

  test("refuses what a full disk does not take, with all behind it, and their indexes are free again", async () => {
    const cluster = await alone();
    const { disk, store } = cluster.member("a");
    disk.isFull = true;
    const writes = ["a", "b"].map((data) => cluster.outcome(cluster.leader.propose(data)));
    for (const refused of await Promise.all(writes)) {
      expect(refused).toMatchObject({ message: "no space left on device", outcome: "refused" });
    }
    disk.isFull = false;
    expect(await cluster.outcome(cluster.leader.propose("c"))).toBe("applied c");
    expect((await store.read(3, 9, 1e9)).map(({ index, data }) => `${index}${data}`)).toEqual(["3c"]);
  });

  test("does not start on a disk that refuses its first entry", async () => {
    const cluster = await alone();
    cluster.kill("a");
    cluster.member("a").store.append = () => Promise.reject(new Refusal("no space left on device"));
    const failure = await cluster.start("a").catch((error: Error) => error);
    expect(failure).toMatchObject({ message: "no space left on device" });
  });

  test("saves a snapshot of all that was proposed before, and restores it", async () => {
    const cluster = await alone();
    void cluster.leader.propose("a");
    const { archive } = (await cluster.outcome(cluster.leader.saveSnapshot())) as ExportedArchive;
    await cluster.outcome(cluster.leader.propose("b"));
    expect(await cluster.outcome(cluster.leader.restoreSnapshot(archive))).toEqual({
      leftOut: {},
      kept: {},
    });
    expect(cluster.rows("a")).toEqual(["a"]);
    expect(cluster.member("a").state.machine.reloads).toBeGreaterThan(1);
  });
});
