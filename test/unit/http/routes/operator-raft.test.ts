import { expect, test } from "bun:test";
import type { OperatorDeps } from "../../../../src/http/operator-deps.ts";
import { operatorRaftRoutes } from "../../../../src/http/routes/operator-raft.ts";
import type { RaftRecovery, RaftServer } from "../../../../src/model/operator.ts";
import { httpRig, leaderless } from "../../../support/http-rig.ts";

const server = (n: number): RaftServer => ({
  ID: `id-${n}`,
  Node: `n${n}`,
  Address: `127.0.0.${n}:8300`,
  Leader: n === 1,
  ProtocolVersion: "3",
  Voter: true,
});

const RECOVERY: RaftRecovery = {
  Confirm: "id-2",
  Node: "n2",
  NodeID: "id-2",
  Address: "127.0.0.2:8300",
  ClusterID: "cluster",
  Leader: "",
  LastContact: "1m0s",
  LastTerm: 3,
  LastIndex: 20,
  CommitIndex: 19,
  LostServers: [server(1), server(3)],
};

function rig(options: Parameters<typeof httpRig>[2] = {}, recovery = RECOVERY) {
  const calls: unknown[] = [];
  const operator: Partial<OperatorDeps["operator"]> = {
    raftConfiguration: () => [server(1), server(2)],
    async removePeer(peer) {
      calls.push(peer);
    },
    async transferLeader(id) {
      calls.push(id);
    },
    recovery: () => recovery,
    async recover() {
      calls.push("recover");
    },
  };
  const { send } = httpRig(operatorRaftRoutes, { operator }, options);
  const ask = async (method: string, path: string, body?: string) => {
    const answer = await send(method, `/v1/operator/raft/${path}`, body === undefined ? {} : { body });
    return [answer.status, await answer.text()] as const;
  };
  return { ask, calls };
}

test("the configuration, as Consul 1.8.7 prints it", async () => {
  const { ask } = rig();
  expect(await ask("GET", "configuration")).toEqual([
    200,
    JSON.stringify({ Servers: [server(1), server(2)], Index: 0 }),
  ]);
});

test("without a leader the configuration is told to who asks for a stale one", async () => {
  const { ask } = rig({ consensus: leaderless(100) });
  expect(await ask("GET", "configuration")).toEqual([500, "No cluster leader"]);
  expect((await ask("GET", "configuration?stale"))[0]).toBe(200);
});

test("a peer is removed by id or by address, never by both or none", async () => {
  const { ask, calls } = rig();
  expect(await ask("DELETE", "peer?id=x")).toEqual([200, ""]);
  expect(await ask("DELETE", "peer?address=10.0.0.1:8300")).toEqual([200, ""]);
  expect(await ask("DELETE", "peer?address=")).toEqual([200, ""]);
  expect(calls).toEqual([{ id: "x" }, { address: "10.0.0.1:8300" }, { address: "" }]);
  expect(await ask("DELETE", "peer")).toEqual([
    400,
    "Bad request: Must specify either ?id with the server's ID or ?address with IP:port of peer to remove",
  ]);
  expect(await ask("DELETE", "peer?id=x&address=y")).toEqual([
    400,
    "Bad request: Must specify only one of ?id or ?address",
  ]);
  expect(calls).toHaveLength(3);
});

test("leadership goes to a server or to the best one", async () => {
  const { ask, calls } = rig();
  expect(await ask("POST", "transfer-leader?id=id-2")).toEqual([200, '{"Success":true}']);
  expect(await ask("POST", "transfer-leader")).toEqual([200, '{"Success":true}']);
  expect(calls).toEqual(["id-2", undefined]);
});

test("what would be lost is told without a leader, and changes nothing", async () => {
  const { ask, calls } = rig({ consensus: leaderless() });
  expect(await ask("GET", "recover")).toEqual([200, JSON.stringify(RECOVERY)]);
  expect(calls).toEqual([]);
});

test("a recovery needs the word that belongs to this server", async () => {
  const { ask, calls } = rig();
  for (const body of ["{}", '{"Confirm":""}', '{"Confirm":"id-1"}', '{"Confirm":"yes"}']) {
    const [status, text] = await ask("POST", "recover", body);
    expect([status, text.includes('Confirm must be "id-2"')]).toEqual([400, true]);
  }
  expect((await ask("POST", "recover"))[0]).toBe(400);
  expect(calls).toEqual([]);
  expect(await ask("POST", "recover", '{"Confirm":"id-2"}')).toEqual([200, ""]);
  expect(calls).toEqual(["recover"]);
});

test("a cluster that has a leader is not recovered", async () => {
  const { ask, calls } = rig({}, { ...RECOVERY, Leader: "id-1" });
  const [status, text] = await ask("POST", "recover", '{"Confirm":"id-2"}');
  expect([status, text.includes("has a leader (id-1)")]).toEqual([409, true]);
  expect(calls).toEqual([]);
});
