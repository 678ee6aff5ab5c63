import { expect, test } from "bun:test";
import type { Hello, Peer } from "../../../src/rpc/types.ts";
import { FAILED_AFTER_MS, type MembersView, membersOf, visibleMembers } from "../../../src/server/members.ts";
import { clientMember, serverMember } from "../../support/pool-member.ts";

const hello = (nodeId: string, more: Partial<Hello> = {}): Hello => ({
  ...{ protocol: 1, nodeId, nodeName: `n-${nodeId}`, datacenter: "dc1", clusterId: "x", address: `${nodeId}:8300` },
  ...{ expect: 3, mayVote: true, version: "1", stateFormat: 1, known: [], taggedAddresses: {}, nodeMeta: {} },
  ...more,
});
const NOW_MS = 100_000;
const peer = (nodeId: string, silentMs: number, more: Partial<Hello> = {}): Peer => ({
  hello: hello(nodeId, more),
  isConnected: silentMs === 0,
  heardMs: NOW_MS - silentMs,
});
const view = (more: Partial<MembersView>): MembersView => ({
  self: hello("a"),
  peers: [],
  pool: [],
  configuration: { servers: ["a", "b", "c"].map((id) => ({ id, address: `${id}:8300`, voter: true })) },
  nameOf: (id) => (id === "c" ? "from-catalog" : undefined),
  nowMs: NOW_MS,
  sinceMs: 0,
  ...more,
});
const brief = (members: ReturnType<typeof membersOf>) => members.map(({ name, isAlive }) => [name, isAlive]);

test("a server fails when it was not heard for the time, connected or not", () => {
  const peers = [peer("b", FAILED_AFTER_MS), peer("c", FAILED_AFTER_MS + 1)];
  expect(brief(membersOf(view({ peers })))).toEqual([
    ["n-a", true],
    ["n-b", true],
    ["n-c", false],
  ]);
});

test("servers of the configuration that were never heard count from the start of this one", () => {
  expect(brief(membersOf(view({})))).toEqual([
    ["n-a", true],
    ["(unknown)", false],
    ["from-catalog", false],
  ]);
  expect(membersOf(view({ sinceMs: NOW_MS - 10 })).every(({ isAlive }) => isAlive)).toBe(true);
});

test("who is in no configuration is a member while it is connected: about to join, or about to go", () => {
  const peers = [peer("b", 0), peer("c", 100), peer("d", 0, { clusterId: "" }), peer("e", 100)];
  expect(membersOf(view({ peers })).map(({ nodeId }) => nodeId)).toEqual(["a", "b", "c", "d"]);
});

test("servers of other datacenters are none of ours", () => {
  const peers = [peer("b", 0), peer("c", 0), peer("d", 0, { datacenter: "dc2" })];
  expect(membersOf(view({ peers }))).toHaveLength(3);
});

test("the gossip pool decides who is alive, if it knows the server; the connection does for all others", () => {
  const pool = [
    serverMember("n-b", { id: "b", status: "failed" }),
    serverMember("n-c", { id: "c", status: "leaving" }),
    clientMember("n-x", { id: "x" }),
  ];
  const peers = [peer("b", 0), peer("c", FAILED_AFTER_MS + 1)];
  expect(brief(membersOf(view({ peers, pool })))).toEqual([
    ["n-a", true],
    ["n-b", false],
    ["n-c", true],
  ]);
  const left = [serverMember("n-c", { id: "c", status: "left" })];
  expect(brief(membersOf(view({ peers, pool: left })))).toContainEqual(["n-c", false]);
});

test("a renamed server is alive under its new name, whatever became of the old one", () => {
  const names = ["n-c", "n-new", "n-old"];
  const pool = names.map((name) => serverMember(name, { id: "c", status: name === "n-new" ? "alive" : "failed" }));
  const members = membersOf(view({ pool, configuration: { servers: [{ id: "c", address: "c:8300", voter: true }] } }));
  expect(brief(members)).toEqual([
    ["n-a", true],
    ["n-new", true],
  ]);
});

test("a server that only the pool knows is a member while it is alive there; other programs' servers are none", () => {
  const pool = [
    serverMember("n-d", { id: "d", address: "fd00::1" }),
    serverMember("n-e", { id: "e", status: "failed" }),
    serverMember("n-f", { id: "f", tags: { build: "1.8.7:" } }),
    serverMember("n-g", { id: "g", tags: { dc: "dc2" } }),
  ];
  const members = membersOf(view({ pool }));
  expect(members.map(({ nodeId }) => nodeId).sort()).toEqual(["a", "b", "c", "d"]);
  expect(members.find(({ nodeId }) => nodeId === "d")).toMatchObject({
    ...{ name: "n-d", address: "[fd00::1]:8300", isConnected: false, isAlive: true, clusterId: "", version: "" },
  });
});

test("a server whose name another one that is alive has taken is not shown", () => {
  const members = membersOf(view({ peers: [peer("b", 0), peer("c", 9000), peer("d", 0, { nodeName: "N-C" })] }));
  expect(members).toHaveLength(4);
  expect(visibleMembers(members).map(({ nodeId }) => nodeId)).toEqual(["a", "d", "b"]);
});
