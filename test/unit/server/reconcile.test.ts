import { expect, test } from "bun:test";
import type { Member } from "../../../src/server/members.ts";
import { type Duty, type ReconcileView, reconcile } from "../../../src/server/reconcile.ts";

const member = (nodeId: string, more: Partial<Member> = {}): Member => ({
  ...{
    nodeId,
    name: `n-${nodeId}`,
    address: `${nodeId}:8300`,
    datacenter: "dc1",
    clusterId: "x",
    isAlive: true,
    hasLeft: false,
    isConnected: true,
  },
  ...{ silentMs: 0, expect: 3, mayVote: true, version: "1", taggedAddresses: {}, nodeMeta: {} },
  ...more,
});
const gone = { isAlive: false, isConnected: false, silentMs: 60_000 };
const view = (more: Partial<ReconcileView> = {}): ReconcileView => ({
  members: ["a", "b", "c"].map((id) => member(id)),
  configuration: { servers: ["a", "b", "c"].map((id) => ({ id, address: `${id}:8300`, voter: true })) },
  inCatalog: [],
  isRegistered: () => true,
  isFailed: () => true,
  removed: new Set(),
  clients: new Set(),
  leadingMs: 60_000,
  ...more,
});
const with_ = (...members: Member[]) => view({ members: [...view().members, ...members] });

test("nothing is done when all is as it should be", () => {
  expect(reconcile(view())).toEqual([]);
});

test("a server of the cluster that the configuration does not know is added", () => {
  const change = { kind: "add", server: { id: "d", address: "d:8300" } };
  expect(reconcile(with_(member("d")))).toMatchObject([{ kind: "change", change }]);
  expect(reconcile(with_(member("d", { clusterId: "" })))).toEqual([]);
  expect(reconcile(with_(member("d", { clusterId: "y" })))).toEqual([]);
  expect(reconcile(with_(member("d", gone)))).toEqual([]);
  // One that has just left was heard a moment ago.
  expect(reconcile(with_(member("d", { isConnected: false })))).toEqual([]);
});

test("one that was removed by hand stays out", () => {
  expect(reconcile({ ...with_(member("d")), removed: new Set(["d"]) })).toEqual([]);
});

test("a server that left, or was made to, is taken out; one that failed, or is still connected, is not", () => {
  const with2 = (more: Partial<Member>) =>
    view({ members: view().members.map((each) => (each.nodeId === "c" ? { ...each, ...more } : each)) });
  const remove: Duty = { kind: "change", change: { kind: "remove", serverId: "c" }, why: "it left the pool" };
  expect(reconcile(with2({ ...gone, hasLeft: true }))).toEqual([remove]);
  expect(reconcile(with2({ isAlive: false, hasLeft: true }))).toEqual([]);
  expect(reconcile(with2(gone))).toEqual([]);
});

test("at most one change of the configuration at a time", () => {
  const duties = reconcile(with_(member("d"), member("e")));
  expect(duties.filter(({ kind }) => kind === "change")).toHaveLength(1);
});

test("a server that moved gets its new address, the leader too", () => {
  const moved = (at: number) =>
    view({ members: view().members.map((each, i) => (i === at ? { ...each, address: "z:1" } : each)) });
  const change = (id: string) => ({ kind: "change", change: { kind: "add", server: { id, address: "z:1" } } });
  expect(reconcile(moved(0))).toMatchObject([change("a")]);
  expect(reconcile(moved(2))).toMatchObject([change("c")]);
});

test("a new id under the name or the address of a failed server replaces it", () => {
  const remove = { kind: "change", change: { kind: "remove", serverId: "c" } };
  const [a, b] = view().members as [Member, Member];
  const dead = member("c", gone);
  expect(reconcile(view({ members: [a, b, dead, member("d", { name: "N-C" })] }))).toMatchObject([remove]);
  expect(reconcile(view({ members: [a, b, dead, member("d", { address: "c:8300" })] }))).toMatchObject([remove]);
});

test("a new id under the name of a living server is told, and others are still added", () => {
  const duties = reconcile(with_(member("d", { name: "n-c" }), member("e")));
  expect(duties.map(({ kind }) => kind)).toEqual(["conflict", "change"]);
});

test("servers of the configuration are registered, failed ones marked", () => {
  const [a, b] = view().members as [Member, Member];
  const duties = reconcile(
    view({
      members: [a, b, member("c", gone), member("d", { clusterId: "" })],
      isRegistered: ({ nodeId }) => nodeId === "a",
      isFailed: () => false,
    }),
  );
  expect(duties).toMatchObject([
    { kind: "register", member: { nodeId: "b" } },
    { kind: "fail", member: { nodeId: "c" } },
  ]);
});

test("who is out of the configuration and gone leaves the catalog, once a new leader could have heard it", () => {
  const inCatalog = ["a", "b", "c", "d", "e"].map((id) => ({ id, name: `n-${id}` }));
  const removed = new Set(["e"]);
  const seen = { ...with_(member("e")), inCatalog, removed };
  expect(reconcile(seen)).toEqual([{ kind: "deregister", node: "n-d" }]);
  expect(reconcile({ ...seen, leadingMs: 1000 })).toEqual([]);
});

test("a server that became a client loses its service, not its node", () => {
  const inCatalog = ["a", "d"].map((id) => ({ id, name: `n-${id}` }));
  expect(reconcile(view({ inCatalog, clients: new Set(["d"]) }))).toEqual([
    { kind: "deregister", node: "n-d", service: "consul" },
  ]);
});

test("two servers that began under one name don't fight over it: the catalog shows one, and it is said", () => {
  const [a, b] = view().members as [Member, Member];
  const twins = view({ members: [a, b, member("c", { name: "N-B" })], isRegistered: () => false });
  expect(reconcile(twins).map((duty) => (duty.kind === "register" ? duty.member.nodeId : duty.kind))).toEqual([
    "a",
    "b",
    "conflict",
  ]);
});
