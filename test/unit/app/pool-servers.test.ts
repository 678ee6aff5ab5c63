import { expect, test } from "bun:test";
import { datacentersOf, foreignDatacenters, missingInWan, serversOf } from "../../../src/app/pool-servers.ts";
import { OWN_VERSIONS } from "../../../src/gossip/messages.ts";
import type { MemberStatus, PoolMember } from "../../../src/gossip/types.ts";
import { clientTags, serverTags } from "../../../src/model/member-tags.ts";

const BUILD = "1.8.7:muster-0.4.0";

function server(
  name: string,
  status: MemberStatus = "alive",
  more: { build?: string; wanPort?: number } = {},
): PoolMember {
  const own = {
    nodeId: `id-${name}`,
    datacenter: "dc1",
    build: BUILD,
    port: 8300,
    expect: 1,
    mayVote: true,
    wanPort: 8302,
  };
  const tags = serverTags({ ...own, ...more }, "lan");
  return { name, at: { address: "10.0.0.1", port: 8301 }, tags, status, versions: OWN_VERSIONS };
}

const client: PoolMember = { ...server("c"), tags: clientTags({ nodeId: "id-c", datacenter: "dc1", build: BUILD }) };

test("servers are called at the port that they tell; clients, absent ones and other programs are not", () => {
  const members = [
    server("s1"),
    server("s2", "failed"),
    server("s3", "leaving"),
    client,
    server("s4", "alive", { build: "1.8.7:" }),
  ];
  expect(serversOf(members)).toEqual([{ nodeId: "id-s1", name: "s1", datacenter: "dc1", address: "10.0.0.1:8300" }]);
});

test("a datacenter is another program's when all its servers that are there are", () => {
  const consul = { build: "1.8.7:" };
  expect(foreignDatacenters([server("c1", "alive", consul), server("s1", "failed"), client])).toEqual(["dc1"]);
  expect(foreignDatacenters([server("c1", "alive", consul), server("s1")])).toEqual([]);
  expect(foreignDatacenters([server("c1", "failed", consul), client])).toEqual([]);
});

test("an IPv6 address stands in brackets", () => {
  const [found] = serversOf([{ ...server("s1"), at: { address: "fd00::1", port: 8301 } }]);
  expect(found?.address).toBe("[fd00::1]:8300");
});

test("servers of the own datacenter that are not in the pool of all are to be joined there", () => {
  const wan = [{ ...server("s1.dc1") }, { ...server("s2.dc1"), status: "failed" as const }];
  const lan = [server("S1"), server("s2"), server("s3", "alive", { wanPort: -1 }), client];
  expect(missingInWan(lan, wan)).toEqual([{ address: "10.0.0.1", port: 8302 }]);
});

test("a datacenter is known for as long as one of its servers has not left", () => {
  expect([...datacentersOf([server("s1", "failed"), client])]).toEqual(["dc1"]);
  expect([...datacentersOf([server("s1", "left"), client])]).toEqual([]);
});
