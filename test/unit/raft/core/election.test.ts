import { expect, test } from "bun:test";
import { RaftCore } from "../../../../src/raft/core/core.ts";
import type { Message, PreVoteRequest } from "../../../../src/raft/core/messages.ts";
import { type Effect, LIMITS, timingOf } from "../../../../src/raft/core/types.ts";
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

/** Server a in term 1 with entries 1 to 3 of it, the first one being the configuration of b, c and a with or without a vote. */
function one(voter: boolean, random = 0): RaftCore {
  const servers = ["a", "b", "c"].map((id) => ({ id, address: id, voter: id !== "a" || voter }));
  return new RaftCore({
    start: {
      id: "a",
      hardState: { term: 1, votedFor: "" },
      firstIndex: 1,
      lastIndex: 3,
      termStarts: [
        { index: 0, term: 0 },
        { index: 1, term: 1 },
      ],
      configurations: [{ index: 1, configuration: { servers } }],
      commitIndex: 1,
    },
    timing: timingOf(TIMEOUT_MS),
    limits: LIMITS,
    random: () => random,
    nowMs: 0,
  });
}

const message = (body: object) => ({ type: "message", message: { from: "b", to: "a", ...body } as Message }) as const;
const asked = (effects: readonly Effect[]) =>
  effects.flatMap((effect) =>
    effect.type === "send" && effect.message.type === "preVoteRequest" ? [effect.message] : [],
  );
const answer = ({ to: from, term, round }: PreVoteRequest) =>
  message({ type: "preVoteReply", from, term, round, granted: true });

test("a late answer to an earlier pre-vote elects nobody: others may have heard a leader since", () => {
  const core = one(true);
  const [early] = asked(core.step({ type: "tick" }, TIMEOUT_MS));
  const [late] = asked(core.step({ type: "tick" }, 2 * TIMEOUT_MS));
  if (early === undefined || late === undefined) throw new Error("it has not asked");
  expect(core.step(answer(early), 2 * TIMEOUT_MS)).toEqual([]);
  expect(core.status()).toMatchObject({ role: "preCandidate", term: 1 });
  core.step(answer(late), 2 * TIMEOUT_MS);
  expect(core.status()).toMatchObject({ role: "candidate", term: 2 });
});

test("pre-votes of two starts have different numbers", () => {
  const rounds = [0.1, 0.2].map((random) => asked(one(true, random).step({ type: "tick" }, 2 * TIMEOUT_MS))[0]?.round);
  expect(new Set(rounds).size).toBe(2);
});

test("a refused pre-vote tells its term to who still asks, and to nobody who has heard a leader since", () => {
  const heard = one(true);
  const asking = one(true);
  const [request] = asked(heard.step({ type: "tick" }, TIMEOUT_MS));
  asking.step({ type: "tick" }, TIMEOUT_MS);
  heard.step(message({ type: "heartbeat", term: 1, commit: 1, round: 1 }), TIMEOUT_MS);
  const refusal = message({ type: "preVoteReply", from: "c", term: 5, round: request?.round, granted: false });
  for (const core of [heard, asking]) core.step(refusal, TIMEOUT_MS);
  expect(heard.status()).toMatchObject({ term: 1, leader: "b" });
  expect(asking.status()).toMatchObject({ term: 5 });
});

test("a server without a vote campaigns when somebody needs its vote whose log is too old: it may have been promoted since", () => {
  const needy = message({ type: "preVoteRequest", term: 2, round: 7, lastIndex: 2, lastTerm: 1 });
  const equal = message({ type: "preVoteRequest", term: 2, round: 7, lastIndex: 3, lastTerm: 1 });
  const heartbeat = message({ type: "heartbeat", term: 1, commit: 1, round: 1 });
  const asksAfter = (...events: readonly ReturnType<typeof message>[]) => {
    const core = one(false);
    for (const event of events) core.step(event, 1);
    return asked(core.step({ type: "tick" }, TIMEOUT_MS + 1)).map(({ to }) => to);
  };
  expect(asksAfter()).toEqual([]);
  expect(asksAfter(equal)).toEqual([]);
  expect(asksAfter(needy)).toEqual(["b", "c"]);
  // Who leads is known again: the needy one is brought up to date.
  expect(asksAfter(needy, heartbeat)).toEqual([]);
});
