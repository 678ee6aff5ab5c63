import { expect, test } from "bun:test";
import type { Hello, Peer } from "../../../src/rpc/types.ts";
import { FAILED_AFTER_MS, type MembersView, membersOf, visibleMembers } from "../../../src/server/members.ts";

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

test("a server whose name another one that is alive has taken is not shown", () => {
  const members = membersOf(view({ peers: [peer("b", 0), peer("c", 9000), peer("d", 0, { nodeName: "N-C" })] }));
  expect(members).toHaveLength(4);
  expect(visibleMembers(members).map(({ nodeId }) => nodeId)).toEqual(["a", "d", "b"]);
});
