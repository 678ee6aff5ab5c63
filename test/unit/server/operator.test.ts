import { expect, test } from "bun:test";
import { Forwarder } from "../../../src/server/forward.ts";
import { LeaderHold } from "../../../src/server/leader-hold.ts";
import type { LeaderMethods } from "../../../src/server/methods.ts";
import { Operator } from "../../../src/server/operator.ts";
import { failureOf } from "../../support/failure-of.ts";
import { silentMeter } from "../../support/silent.ts";
import { stateRig } from "../../support/state-rig.ts";
import { DEFAULTS } from "./autopilot/fixture.ts";

const SELF = { nodeId: "a", nodeName: "s1", address: "10.0.0.1:8300" };
const SERVERS = ["a", "b"].map((id, at) => ({ id, address: `10.0.0.${at + 1}:8300`, voter: true }));

function rig(status: Record<string, unknown> = {}) {
  const { db, clock, apply } = stateRig();
  const asked: unknown[] = [];
  const recovered: unknown[] = [];
  const configuration = { index: 1, configuration: { servers: SERVERS } };
  const record = (name: string) => async (argument: unknown) => void asked.push([name, argument]);
  const methods = { "raft.remove": record("remove"), "raft.transfer": record("transfer") };
  const operator = new Operator({
    self: SELF,
    db,
    raft: {
      configuration: () => configuration,
      status: () =>
        ({
          ...{ leader: "b", leaderContactMs: 1500.4, lastLogTerm: 2, lastLogIndex: 9, commitIndex: 8, configuration },
          ...status,
        }) as never,
    },
    forwarder: new Forwarder({
      meter: silentMeter,
      raft: { isLeader: true, leaderId: "a" },
      hold: new LeaderHold(clock, () => 0),
      peers: () => undefined,
      methods: methods as unknown as LeaderMethods,
    }),
    autopilot: { configuration: DEFAULTS },
    members: () => [{ nodeId: "a", name: "s1" } as never],
    clusterId: () => "x",
    async recover(wanted) {
      recovered.push(wanted);
    },
  });
  return { operator, asked, recovered, apply };
}

test("servers are listed with the names that members or the catalog know", () => {
  const { operator, apply } = rig();
  expect(operator.raftConfiguration().map(({ ID, Node, Leader }) => [ID, Node, Leader])).toEqual([
    ["a", "s1", false],
    ["b", "(unknown)", true],
  ]);
  const node = { ID: "b", Node: "s2", Address: "10.0.0.2", Datacenter: "dc1", TaggedAddresses: null, Meta: null };
  apply({ type: "catalog.register", node, skipNodeUpdate: false, checks: [] });
  expect(operator.raftConfiguration()[1]?.Node).toBe("s2");
});

test("a server is removed by id or by address; an unknown one is named", async () => {
  const { operator, asked } = rig();
  await operator.removePeer({ id: "b" });
  await operator.removePeer({ address: "10.0.0.2:8300" });
  expect(asked).toEqual([
    ["remove", { id: "b" }],
    ["remove", { id: "b" }],
  ]);
  expect((await failureOf(operator.removePeer({ id: "z" }))).message).toBe(
    'id "z" was not found in the Raft configuration',
  );
  expect((await failureOf(operator.removePeer({ address: "z:1" }))).message).toBe(
    'address "z:1" was not found in the Raft configuration',
  );
});

test("what a recovery would mean is told, and it names this server alone", async () => {
  const { operator, recovered } = rig();
  expect(operator.recovery()).toMatchObject({
    ...{ Confirm: "a", Node: "s1", ClusterID: "x", Leader: "b", LastContact: "1.5s" },
    ...{ LastTerm: 2, LastIndex: 9, CommitIndex: 8, LostServers: [{ ID: "b" }] },
  });
  await operator.recover();
  expect(recovered).toEqual([{ servers: [{ id: "a", address: "10.0.0.1:8300", voter: true }] }]);
  expect(rig({ leader: undefined, leaderContactMs: undefined }).operator.recovery()).toMatchObject({
    Leader: "",
    LastContact: "never",
  });
});

test("a server without data has nothing to recover", async () => {
  const { operator, recovered } = rig({ lastLogIndex: 0 });
  expect((await failureOf(operator.recover())).message).toContain("nothing to recover");
  expect(recovered).toEqual([]);
});

test("autopilot's defaults hold until the cluster has its own", () => {
  const { operator, apply } = rig();
  expect(operator.autopilotConfiguration()).toEqual({ ...DEFAULTS, CreateIndex: 0, ModifyIndex: 0 });
  apply({ type: "autopilot.set", configuration: { ...DEFAULTS, MinQuorum: 3 } });
  expect(operator.autopilotConfiguration()).toEqual({ ...DEFAULTS, MinQuorum: 3, CreateIndex: 1, ModifyIndex: 1 });
});
