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
    const lan = [...Object.keys(names), "expect", "sl_muster"];
    expect(Object.keys(serverTags(SERVER, "lan")).sort()).toEqual(lan.sort());
    const notInWan = new Set(["sl_muster", "wan_join_port"]);
    expect(Object.keys(serverTags(SERVER, "wan")).sort()).toEqual(lan.filter((name) => !notInWan.has(name)));
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

  const consul = candidate("c1", CONSUL_SERVER);
  const muster = candidate("s1", serverTags({ ...SERVER, nodeId: "id-7" }, "lan"));
  const text = `Member 'c1' (${at}) is a server of Consul, and 's1' (${at}) one of Muster: they can't serve one datacenter together. \
Servers of both may only be in different datacenters, joined by -join-wan`;
  const known = (...all: (typeof own)[]) => ({
    tagsOf: (wanted: string) => all.find(({ name }) => name === wanted)?.tags,
    all: () => all,
  });

  test("servers of two programs are not in one datacenter; a client may be with either", () => {
    expect(refuseLan(muster, [consul])).toBe(text);
    expect(refuseLan(own, [consul])).toBeUndefined();
    expect(refuseLan(own, [muster])).toBeUndefined();
    const client = { ...clientTags(OWN), id: "id-3" };
    expect(refuseLan(muster, [candidate("c2", { ...client, build: "1.8.7:" })])).toBeUndefined();
  });

  test("a client brings servers of two programs not together, neither by itself nor with what it is told", () => {
    const other_ = candidate("n9", { ...clientTags(OWN), id: "id-4" });
    expect(refuseLan(own, [muster, consul])).toBe(text);
    expect(refuseLan(own, [consul], known(muster, other_))).toBe(text);
    expect(refuseLan(own, [muster], known(consul))).toBe(text);
    expect(refuseLan(own, [consul], known(consul))).toBeUndefined();
    const namesake = { ...consul, name: "s1" };
    expect(refuseLan(own, [namesake], known(muster))).toContain("they can't serve");
    expect(refuseLan(muster, [namesake], known(muster))).toContain("they can't serve");
  });

  test("in the pool of all datacenters servers of two programs are not in one datacenter either", () => {
    const wan = candidate("s1", serverTags(SERVER, "wan"));
    expect(refuseWan(wan, [candidate("c.dc2", { ...CONSUL_SERVER, dc: "dc2" })])).toBeUndefined();
    expect(refuseWan(wan, [consul])).toBe(text);
  });

  test("only servers are in the pool of all datacenters", () => {
    const wan = candidate("s1", serverTags(SERVER, "wan"));
    expect(refuseWan(wan, [candidate("s.dc2", serverTags({ ...SERVER, datacenter: "dc2" }, "wan"))])).toBeUndefined();
    expect(refuseWan(wan, [candidate("c.dc2", clientTags(OWN))])).toBe("Member 'c.dc2' is not a server");
  });
});
