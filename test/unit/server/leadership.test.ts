import { expect, test } from "bun:test";
import { Leadership } from "../../../src/server/leadership.ts";
import { ManualClock, settle } from "../../support/manual-clock.ts";
import { clientMember, serverMember } from "../../support/pool-member.ts";
import { silentLogger } from "../../support/silent.ts";

function rig() {
  const clock = new ManualClock();
  const done: string[] = [];
  const nodes: string[] = [];
  const state = { barrier: () => Promise.resolve(), round: async (_ms: number) => false };
  const leadership = new Leadership({
    raft: { barrier: () => state.barrier() },
    server: { lead: () => void done.push("lead"), stop: () => void done.push("stop") },
    autopilot: {
      lead: () => undefined,
      ensureConfiguration: async () => undefined,
      round: async (mayChange) => void done.push(`autopilot ${mayChange}`),
    },
    caretaker: {
      async round(leadingMs) {
        done.push(`caretaker ${leadingMs}`);
        return state.round(leadingMs);
      },
    },
    nodes: {
      lead: () => void nodes.push("lead"),
      stop: () => void nodes.push("stop"),
      onMember: ({ kind }) => void nodes.push(kind),
    },
    clock,
    log: silentLogger,
  });
  return { clock, done, nodes, state, leadership };
}

test("a new leader takes up its duties once all that was answered before is applied, and goes on each second", async () => {
  const { clock, done, state, leadership } = rig();
  const barrier = Promise.withResolvers<void>();
  state.barrier = () => barrier.promise;
  leadership.onRole({ isLeader: true, term: 2 });
  await settle();
  expect(done).toEqual(["stop"]);
  barrier.resolve();
  await leadership.settled();
  expect(done).toEqual(["stop", "lead", "caretaker 0", "autopilot true"]);
  clock.advance(1000);
  await settle();
  expect(done.slice(-2)).toEqual(["caretaker 1000", "autopilot true"]);
  // The same again is no news.
  leadership.onRole({ isLeader: true, term: 2 });
  await settle();
  expect(done.filter((what) => what === "lead")).toHaveLength(1);
});

test("a deposed leader stops at once, whatever is under way", async () => {
  const { clock, done, state, leadership } = rig();
  const round = Promise.withResolvers<boolean>();
  state.round = () => round.promise;
  leadership.onRole({ isLeader: true, term: 2 });
  await settle();
  leadership.onRole({ isLeader: false, term: 3 });
  expect(done.at(-1)).toBe("stop");
  round.resolve(false);
  await settle();
  clock.advance(10_000);
  await settle();
  expect(done.filter((what) => what.startsWith("autopilot"))).toEqual([]);
  expect(clock.pendingMs).toEqual([]);
});

test("leadership that is lost before its duties begin begins none", async () => {
  const { done, state, leadership } = rig();
  const barrier = Promise.withResolvers<void>();
  state.barrier = () => barrier.promise;
  leadership.onRole({ isLeader: true, term: 2 });
  leadership.onRole({ isLeader: false, term: 2 });
  barrier.resolve();
  await settle();
  expect(done).not.toContain("lead");
});

test("a barrier that fails is tried again, and so is a duty", async () => {
  const { clock, done, state, leadership } = rig();
  state.barrier = () => Promise.reject(new Error("not yet"));
  leadership.onRole({ isLeader: true, term: 2 });
  await settle();
  state.barrier = () => Promise.resolve();
  state.round = () => Promise.reject(new Error("change under way"));
  clock.advance(250);
  await settle();
  expect(done.slice(-2)).toEqual(["lead", "caretaker 250"]);
  state.round = async () => true;
  clock.advance(1000);
  await settle();
  expect(done.slice(-2)).toEqual(["caretaker 1250", "autopilot false"]);
});

test("a process that stood still holds nobody for failed before it has listened", async () => {
  const { clock, done, leadership } = rig();
  leadership.onRole({ isLeader: true, term: 2 });
  await settle();
  const before = done.length;
  // Timers of a process that was stopped are late, all at once.
  clock.stall(60_000);
  await settle();
  expect(done).toHaveLength(before);
  clock.advance(1000);
  await settle();
  expect(done.length).toBeGreaterThan(before);
});

test("clocks begin anew when all state is another one, on a leader only", async () => {
  const { done, leadership } = rig();
  leadership.onReloaded();
  expect(done).toEqual([]);
  leadership.onRole({ isLeader: true, term: 2 });
  await settle();
  leadership.onReloaded();
  expect(done.filter((what) => what === "lead")).toHaveLength(2);
});

test("the nodes follow the members from when the duties are taken up until they are given up; members are always told", async () => {
  const { nodes, state, leadership } = rig();
  const barrier = Promise.withResolvers<void>();
  state.barrier = () => barrier.promise;
  leadership.onMember({ kind: "reap", member: clientMember("a") });
  leadership.onRole({ isLeader: true, term: 2 });
  await settle();
  expect(nodes).toEqual(["reap", "stop"]);
  barrier.resolve();
  await leadership.settled();
  leadership.onReloaded();
  leadership.onRole({ isLeader: false, term: 3 });
  expect(nodes).toEqual(["reap", "stop", "lead", "lead", "stop"]);
});

test("what happens to a server among the members is looked at at once, one round after the other", async () => {
  const { clock, done, state, leadership } = rig();
  leadership.onMember({ kind: "failed", member: serverMember("b") });
  leadership.onRole({ isLeader: true, term: 2 });
  await leadership.settled();
  const rounds = () => done.filter((what) => what.startsWith("caretaker")).length;
  leadership.onMember({ kind: "join", member: clientMember("a") });
  clock.advance(0);
  expect(rounds()).toBe(1);
  const round = Promise.withResolvers<boolean>();
  state.round = () => round.promise;
  for (const kind of ["failed", "join"] as const) leadership.onMember({ kind, member: serverMember("b") });
  clock.advance(0);
  await settle();
  leadership.onMember({ kind: "failed", member: serverMember("b") });
  clock.advance(0);
  expect(rounds()).toBe(2);
  round.resolve(false);
  await settle();
  expect(clock.pendingMs).toEqual([1000]);
});
