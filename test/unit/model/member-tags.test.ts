import { describe, expect, test } from "bun:test";
import { clientTags, isAgent, parseServer, refuseLan, refuseWan, serverTags } from "../../../src/model/member-tags.ts";

const BUILD = "1.8.7:muster-0.4.0";
const OWN = { nodeId: "id-1", datacenter: "dc1", build: BUILD };
const SERVER = { ...OWN, port: 8300, expect: 3, mayVote: true, wanPort: 8302 };
/** As a Consul 1.8.7 server shows itself. */
const CONSUL_SERVER = {
  ...{ acls: "0", bootstrap: "1", build: "1.8.7:", dc: "dc1", ft_fs: "1", id: "id-9", port: "8300", raft_vsn: "3" },
  ...{ role: "consul", segment: "", vsn: "2", vsn_max: "3", vsn_min: "2", wan_join_port: "8302" },
};

const at = "127.0.0.1:8301";
const candidate = (name: string, tags: Readonly<Record<string, string>>) => ({ name, at, tags });

describe("members: tags", () => {
  test("a server's tags have the names that Consul 1.8.7 gives them", () => {
    const { bootstrap: _, ...names } = CONSUL_SERVER;
    expect(Object.keys(serverTags(SERVER, "lan")).sort()).toEqual([...Object.keys(names), "expect"].sort());
    expect(Object.keys(clientTags(OWN)).sort()).toEqual(
      ["acls", "build", "dc", "id", "role", "segment", "vsn", "vsn_max", "vsn_min"].sort(),
    );
  });

  test("a server reads back what it says", () => {
    expect(parseServer(serverTags(SERVER, "lan"))).toEqual({
      ...{ nodeId: "id-1", datacenter: "dc1", port: 8300, expect: 3, mayVote: true, wanPort: 8302 },
      ...{ version: "1.8.7", isMuster: true },
    });
    expect(parseServer(serverTags({ ...SERVER, expect: 1, mayVote: false }, "wan"))).toMatchObject({
      ...{ expect: 1, mayVote: false, wanPort: -1 },
    });
  });

  test("a client may say when it is to be forgotten", () => {
    expect(clientTags({ ...OWN, reconnectTimeout: "15m0s" }).rc_tm).toBe("15m0s");
    expect(clientTags(OWN).rc_tm).toBeUndefined();
  });

  test("a server of Consul counts as one, and as another program", () => {
    expect(parseServer(CONSUL_SERVER)).toMatchObject({ nodeId: "id-9", expect: 1, isMuster: false });
  });

  test.each([
    ["another role", { role: "node" }],
    ["no port", { port: "" }],
    ["a port that is no number", { port: "8300x" }],
    ["no version of the protocol", { vsn: "" }],
    ["a build without a version", { build: "latest" }],
    ["expect that is no number", { expect: "three" }],
    ["a WAN port that is no number", { wan_join_port: "x" }],
    ["a feature that is no number", { ft_fs: "yes" }],
  ])("a member with %s is no server", (_, wrong) => {
    expect(parseServer({ ...CONSUL_SERVER, ...wrong })).toBeUndefined();
  });

  test("agents are servers and clients, whatever else is in the pool", () => {
    expect([serverTags(SERVER, "lan"), clientTags(OWN), { role: "web" }, {}].map(isAgent)).toEqual([
      ...[true, true, false, false],
    ]);
  });
});

describe("members: who may be in a pool together (texts of Consul 1.8.7)", () => {
  const own = candidate("n1", clientTags(OWN));
  const other = (change: Record<string, string>) =>
    candidate("n2", { ...clientTags({ ...OWN, nodeId: "id-2" }), ...change });

  test("agents of one datacenter", () => {
    expect(refuseLan(own, [own, other({}), candidate("x", {})])).toBeUndefined();
  });

  test("another datacenter is refused", () => {
    expect(refuseLan(own, [other({ dc: "dc2" })])).toBe(`Member 'n2' part of wrong datacenter 'dc2' (${at})`);
  });

  test("another segment is refused", () => {
    expect(refuseLan(own, [other({ segment: "alpha" })])).toBe(
      "Member 'n2' part of wrong segment 'alpha' (expected '')",
    );
  });

  test("a node id under two names is refused, and under one it is this agent itself", () => {
    expect(refuseLan(own, [other({ id: "id-1" })])).toBe(
      "Member 'n2' has conflicting node ID 'id-1' with this agent's ID",
    );
    expect(refuseLan(own, [other({}), candidate("n3", clientTags({ ...OWN, nodeId: "id-2" }))])).toBe(
      "Member 'n3' has conflicting node ID 'id-2' with member 'n2'",
    );
    expect(refuseLan(own, [candidate("n1", clientTags(OWN))])).toBeUndefined();
  });

  test("a server and one of another program are not in one datacenter; a client may be with either", () => {
    const consul = candidate("c1", CONSUL_SERVER);
    expect(refuseLan(candidate("s1", serverTags(SERVER, "lan")), [consul])).toContain("is a server of another program");
    expect(refuseLan(own, [consul])).toBeUndefined();
  });

  test("only servers are in the pool of all datacenters", () => {
    expect(refuseWan([candidate("s.dc2", CONSUL_SERVER)])).toBeUndefined();
    expect(refuseWan([candidate("c.dc2", clientTags(OWN))])).toBe("Member 'c.dc2' is not a server");
  });
});
