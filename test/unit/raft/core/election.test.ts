import { expect, test } from "bun:test";
import { TestCluster, TIMEOUT_MS } from "../../../support/raft-cluster.ts";

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

test("a cluster can be founded again after a crash between the first term and the first entry", () => {
  const cluster = new TestCluster(["a"]);
  const late = cluster.add("z");
  late.hardState = { term: 1, votedFor: "" };
  late.restart();
  late.step({ type: "bootstrap", configuration: { servers: [{ id: "z", address: "z", voter: true }] } });
  cluster.advance(4 * TIMEOUT_MS);
  expect(late.core.status()).toMatchObject({ role: "leader", term: 2 });
});
