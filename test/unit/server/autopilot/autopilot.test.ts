import { expect, test } from "bun:test";
import type { Change, Progress } from "../../../../src/raft/core/types.ts";
import { Autopilot } from "../../../../src/server/autopilot/autopilot.ts";
import type { Member } from "../../../../src/server/members.ts";
import { autopilotGet } from "../../../../src/state/autopilot/queries.ts";
import { silentLogger, silentMeter } from "../../../support/silent.ts";
import { stateRig } from "../../../support/state-rig.ts";
import { DEFAULTS } from "./fixture.ts";

const member = (nodeId: string, more: Partial<Member> = {}): Member => ({
  ...{ nodeId, name: `n-${nodeId}`, address: `${nodeId}:8300`, datacenter: "dc1", clusterId: "x", isConnected: true },
  ...{
    isAlive: true,
    hasLeft: false,
    silentMs: 0,
    expect: 3,
    mayVote: true,
    version: "1",
    taggedAddresses: {},
    nodeMeta: {},
  },
  ...more,
});

function rig() {
  const state = stateRig();
  const { clock } = state;
  const changes: Change[] = [];
  const gauges = new Map<string, number>();
  const world = {
    members: ["a", "b", "c", "d"].map((id) => member(id)),
    servers: ["a", "b", "c", "d"].map((id) => ({ id, address: `${id}:8300`, voter: id !== "d" })),
    behind: new Map<string, number>(),
  };
  const progress = (): Progress[] =>
    ["b", "c", "d"].map((id) => ({
      ...{ id, match: 1000 - (world.behind.get(id) ?? 0), next: 1001, state: "replicate" as const },
      contactMs: clock.monotonicMs() - 50,
    }));
  const configuration = () => ({ index: 1, configuration: { servers: world.servers } });
  const autopilot = new Autopilot({
    nodeId: "a",
    db: state.db,
    propose: (command) => state.propose(command),
    raft: {
      configuration,
      progress,
      status: () => ({ term: 3, lastLogIndex: 1000 }) as never,
      async changeConfiguration(change) {
        changes.push(change);
      },
    },
    members: () => world.members,
    heartbeatMs: 100,
    defaults: () => DEFAULTS,
    clock,
    log: silentLogger,
    meter: { ...silentMeter, gauge: (name, value) => void gauges.set(name, value) },
  });
  return { ...state, world, changes, gauges, autopilot };
}

test("the first leader writes what the configuration says, later ones keep what is there", async () => {
  const { autopilot, db, machine } = rig();
  expect(autopilot.configuration).toEqual(DEFAULTS);
  await autopilot.ensureConfiguration();
  await autopilot.ensureConfiguration();
  expect([autopilotGet(db), machine.appliedIndex]).toEqual([{ ...DEFAULTS, CreateIndex: 1, ModifyIndex: 1 }, 1]);
});

test("a server without a vote gets it when it has kept up for the time, from this leader's own view", async () => {
  const { autopilot, world, changes, clock } = rig();
  autopilot.lead();
  world.behind.set("d", 500);
  await autopilot.round(true);
  clock.advance(9000);
  world.behind.clear();
  await autopilot.round(true);
  clock.advance(9999);
  await autopilot.round(true);
  expect(changes).toEqual([]);
  clock.advance(1);
  await autopilot.round(false);
  expect(changes).toEqual([]);
  await autopilot.round(true);
  expect(changes).toEqual([{ kind: "promote", serverId: "d" }]);
  autopilot.lead();
  await autopilot.round(true);
  expect(changes).toHaveLength(1);
});

test("what operators are told: health, who leads, and what may fail", async () => {
  const { autopilot, world, gauges } = rig();
  world.members = [member("a"), member("b"), member("c", { isAlive: false, silentMs: 8000 }), member("d")];
  const { Healthy, FailureTolerance, Servers } = autopilot.health();
  expect([Healthy, FailureTolerance]).toEqual([false, 0]);
  expect(
    Servers.map(({ ID, SerfStatus, Leader, Voter, LastContact, LastIndex }) => [
      ID,
      SerfStatus,
      Leader,
      Voter,
      LastContact,
      LastIndex,
    ]),
  ).toEqual([
    ["a", "alive", true, true, "0s", 1000],
    ["b", "alive", false, true, "50ms", 1000],
    ["c", "failed", false, true, "50ms", 1000],
    ["d", "alive", false, false, "50ms", 1000],
  ]);
  expect(Servers[0]?.StableSince).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  const state = autopilot.state();
  expect([state.Leader, state.Voters, state.OptimisticFailureTolerance]).toEqual(["a", ["a", "b", "c"], 1]);
  expect([state.Servers.a?.Status, state.Servers.b?.Status, state.Servers.d?.Status]).toEqual([
    "leader",
    "voter",
    "non-voter",
  ]);
  expect(state.ReadReplicas).toBeUndefined();
  await autopilot.round(true);
  expect(Object.fromEntries(gauges)).toEqual({ "autopilot.healthy": 0, "autopilot.failure_tolerance": 0 });
});

test("a dead server is removed, when the others are enough", async () => {
  const { autopilot, world, changes } = rig();
  world.servers = world.servers.map((server) => ({ ...server, voter: true }));
  world.members = [member("a"), member("b"), member("c", { isAlive: false, silentMs: 10_000 }), member("d")];
  await autopilot.round(true);
  expect(changes).toEqual([{ kind: "remove", serverId: "c" }]);
});
