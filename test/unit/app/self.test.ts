import { expect, test } from "bun:test";
import { agentMember, knownDatacenters, leaderAddress } from "../../../src/app/self.ts";
import { OWN_VERSIONS } from "../../../src/gossip/messages.ts";
import type { PoolMember } from "../../../src/gossip/types.ts";

const MEMBER: PoolMember = {
  ...{ name: "s1", at: { address: "10.0.0.1", port: 8301 }, tags: { role: "consul", dc: "dc2" } },
  ...{ status: "failed", versions: OWN_VERSIONS },
};

test("members are shown as Consul shows them: a number for the status, and the versions they speak", () => {
  expect(agentMember(MEMBER)).toEqual({
    ...{ Name: "s1", Addr: "10.0.0.1", Port: 8301, Tags: { role: "consul", dc: "dc2" }, Status: 4 },
    ...{ ProtocolMin: 1, ProtocolMax: 5, ProtocolCur: 2, DelegateMin: 2, DelegateMax: 5, DelegateCur: 4 },
  });
});

test("datacenters are known until their servers have left, the own one always", () => {
  expect(knownDatacenters({ members: () => [{ ...MEMBER, status: "left" }] }, "dc1")).toBe(1);
  expect(knownDatacenters({ members: () => [MEMBER] }, "dc1")).toBe(2);
  expect(knownDatacenters(undefined, "dc1")).toBe(1);
});

test("the leader's address is that of the configuration, and empty while nobody leads", () => {
  const configuration = { index: 1, configuration: { servers: [{ id: "a", address: "10.0.0.1:8300", voter: true }] } };
  expect(leaderAddress({ status: () => ({ leader: "a", configuration }) })).toBe("10.0.0.1:8300");
  expect(leaderAddress({ status: () => ({ leader: undefined, configuration }) })).toBe("");
});
