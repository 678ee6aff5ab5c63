import { describe, expect, test } from "bun:test";
import type { PoolMember } from "../../../src/gossip/types.ts";
import {
  type CatalogNode,
  type NodeDutiesView,
  type NodeDuty,
  nodeDuties,
  UNSEEN_FAILED_AFTER_MS,
} from "../../../src/server/node-duties.ts";
import { clientMember, nodeIdOf, serverMember } from "../../support/pool-member.ts";

const SELF = serverMember("5e1f");
const HOUR_MS = 3600 * 1000;

function duties(members: PoolMember[], catalog: CatalogNode[] = [], more: Partial<NodeDutiesView> = {}): NodeDuty[] {
  return nodeDuties({
    selfId: nodeIdOf("5e1f"),
    datacenter: "dc1",
    members: [SELF, ...members],
    catalog,
    servers: new Set([nodeIdOf("5e1f")]),
    reaped: new Set(),
    leadingMs: HOUR_MS,
    upMs: HOUR_MS,
    reconnectTimeoutMs: 72 * HOUR_MS,
    ...more,
  });
}
const row = (nameKey: string, health?: string, idKey = nodeIdOf(nameKey)): CatalogNode => ({ nameKey, idKey, health });
const brief = (list: readonly NodeDuty[]) =>
  list.map((duty) => {
    switch (duty.kind) {
      case "register":
        return `register ${duty.member.name}${duty.isKnown ? "" : " new"}${duty.replaces ? " replacing" : ""}`;
      case "fail":
      case "deregister":
        return `${duty.kind} ${duty.nameKey}`;
      default:
        return duty.kind;
    }
  });

describe("members that are there", () => {
  test("are registered, and nothing is done once the catalog says so", () => {
    expect(brief(duties([clientMember("a")]))).toEqual(["register a new"]);
    expect(brief(duties([clientMember("a")], [row("a", "critical")]))).toEqual(["register a"]);
    expect(brief(duties([clientMember("a")], [row("a")]))).toEqual(["register a"]);
    expect(duties([clientMember("a"), serverMember("b")], [row("a", "passing"), row("b", "passing")])).toEqual([]);
  });

  test("count until they have left, not from when they say so", () => {
    const leaving = clientMember("a", { status: "leaving" });
    expect(brief(duties([leaving], [row("a", "critical")]))).toEqual(["register a"]);
    expect(duties([leaving], [row("a", "passing")])).toEqual([]);
    // Who leaves in order is out of the catalog before the pool has heard of it.
    expect(duties([leaving])).toEqual([]);
  });

  test("of the cluster's servers are left to the duties about servers, a server that is in no configuration is a node", () => {
    const servers = new Set([nodeIdOf("5e1f"), nodeIdOf("b")]);
    expect(brief(duties([serverMember("b"), serverMember("c")], [], { servers }))).toEqual(["register c new"]);
  });

  test("names are compared without case", () => {
    expect(duties([clientMember("A", { id: nodeIdOf("a") })], [row("a", "passing")])).toEqual([]);
  });

  test("that are no agents are told, and stay out of the catalog (Consul: skipped with a warning)", () => {
    const other = clientMember("a", { tags: { role: "web" } });
    expect(duties([other], [row("a", "passing")])).toEqual([{ kind: "stranger", name: "a", role: "web" }]);
    expect(duties([clientMember("a", { tags: { dc: "dc2" } })])).toEqual([]);
  });
});

describe("members that are gone", () => {
  test("are critical when they failed, if the catalog knows them", () => {
    const failed = clientMember("a", { status: "failed" });
    expect(brief(duties([failed], [row("a", "passing")]))).toEqual(["fail a"]);
    expect(duties([failed], [row("a", "critical")])).toEqual([]);
    expect(duties([failed])).toEqual([]);
  });

  test("are deregistered at once when they left", () => {
    const left = clientMember("a", { status: "left" });
    expect(brief(duties([left], [row("a", "passing")], { leadingMs: 0, upMs: 0 }))).toEqual(["deregister a"]);
    expect(brief(duties([left], [row("a")]))).toEqual(["deregister a"]);
    // Somebody else's node under the name, which no agent is behind.
    expect(duties([left], [row("a", undefined, "")])).toEqual([]);
  });

  test("are deregistered once this server saw them reaped", () => {
    const reaped = new Set(["a"]);
    expect(brief(duties([], [row("a", "critical")], { reaped, leadingMs: 0, upMs: 0 }))).toEqual(["deregister a"]);
    expect(duties([], [row("a")], { reaped })).toEqual([]);
  });
});

describe("nodes that this server has never seen", () => {
  const catalog = [row("a", "passing"), row("b", "critical"), row("ext")];

  test("keep what they have while a new leader listens: who knows few members wipes nothing", () => {
    expect(duties([], catalog, { leadingMs: UNSEEN_FAILED_AFTER_MS - 1, upMs: HOUR_MS * 100 })).toEqual([]);
    expect(duties([], catalog, { leadingMs: 0, upMs: 0 })).toEqual([]);
  });

  test("are critical then, and gone after the reconnect timeout; nodes without an agent stay", () => {
    expect(brief(duties([], catalog, { leadingMs: UNSEEN_FAILED_AFTER_MS }))).toEqual(["fail a"]);
    const seconds = { reconnectTimeoutMs: 5000, leadingMs: UNSEEN_FAILED_AFTER_MS };
    expect(brief(duties([], catalog, { ...seconds, upMs: UNSEEN_FAILED_AFTER_MS - 1 }))).toEqual(["fail a"]);
    expect(brief(duties([], catalog, { ...seconds, upMs: UNSEEN_FAILED_AFTER_MS }))).toEqual([
      "deregister a",
      "deregister b",
    ]);
  });

  test("a server that is not in the pool itself does nothing", () => {
    const left = serverMember("5e1f", { status: "left" });
    expect(duties([], catalog, { members: [], reaped: new Set(["a"]) })).toEqual([]);
    expect(duties([], catalog, { members: [left, clientMember("a", { status: "failed" })] })).toEqual([]);
  });
});

describe("names and ids", () => {
  const OTHER = nodeIdOf("ffff");

  test("another id under the name of a node that is not there any more takes its place", () => {
    const catalog = [row("a", "passing", OTHER)];
    expect(brief(duties([clientMember("a")], catalog))).toEqual(["register a new replacing"]);
    expect(brief(duties([clientMember("a")], [row("a", undefined, "")]))).toEqual(["register a new"]);
  });

  test("a renamed host takes its node along: the old name is neither failed nor deregistered by itself", () => {
    const renamed = clientMember("new", { id: nodeIdOf("a") });
    for (const status of ["failed", "left"] as const) {
      const members = [clientMember("a", { status }), renamed];
      expect(brief(duties(members, [row("a", "critical")]))).toEqual(["register new new"]);
      expect(duties(members, [row("new", "passing", nodeIdOf("a"))])).toEqual([]);
    }
    expect(brief(duties([renamed], [row("a", "passing")], { reaped: new Set(["a"]) }))).toEqual(["register new new"]);
  });

  test("one id under two names that are both alive: the catalog keeps the one it has, and both are told", () => {
    const twins = [
      clientMember("a", { address: "10.0.0.7" }),
      clientMember("b", { id: nodeIdOf("a"), address: "fd00::8" }),
    ];
    const [only] = duties(twins, [row("b", "passing", nodeIdOf("a"))]);
    expect(only).toEqual({
      kind: "conflict",
      text: `a (10.0.0.7:8301, id ${nodeIdOf("a")}) has the node id of b ([fd00::8]:8301, id ${nodeIdOf("a")}), and both \
are alive: the catalog shows the second one only; give the first another node_id (an empty data directory draws one), or \
stop the second one and run \`muster force-leave b\``,
    });
    expect(brief(duties(twins))).toEqual(["register a new", "conflict"]);
  });

  test("two that are alive and differ only in the case of their name: the catalog keeps the one it has", () => {
    const twins = [clientMember("N", { id: OTHER }), clientMember("n", { id: nodeIdOf("a") })];
    const list = duties(twins, [row("n", "passing", nodeIdOf("a"))]);
    expect(brief(list)).toEqual(["conflict"]);
    const [text] = list.map((duty) => (duty.kind === "conflict" ? duty.text : ""));
    expect(text).toContain("has the node name of n (");
    expect(text).toContain("another node_name, or stop the second one and run `muster force-leave n`");
  });

  test("a name that lives in another case is not failed by its former holder", () => {
    const members = [clientMember("A", { id: OTHER, status: "failed" }), clientMember("a")];
    expect(duties(members, [row("a", "passing")])).toEqual([]);
  });
});
