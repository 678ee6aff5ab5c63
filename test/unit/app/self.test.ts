import { expect, test } from "bun:test";
import { agentMember, leaderAddress } from "../../../src/app/self.ts";
import type { Member } from "../../../src/server/members.ts";
import { configOf } from "../config/fixture.ts";

const MEMBER: Member = {
  ...{ nodeId: "a", name: "s1", address: "10.0.0.1:8400", datacenter: "dc1", clusterId: "x", isConnected: true },
  ...{ isAlive: true, silentMs: 0, expect: 3, mayVote: true, version: "0.1.0", taggedAddresses: {}, nodeMeta: {} },
};

test("members carry Consul's tags, each server its own", () => {
  const shown = agentMember(MEMBER, configOf("server = true"));
  expect([shown.Name, shown.Addr, shown.Port, shown.Status]).toEqual(["s1", "10.0.0.1", 8301, 1]);
  expect(shown.Tags).toMatchObject({ role: "consul", id: "a", port: "8400", expect: "3", dc: "dc1" });
  const failed = agentMember({ ...MEMBER, isAlive: false, expect: 1, mayVote: false }, configOf("server = true"));
  expect([failed.Status, failed.Tags.bootstrap, failed.Tags.nonvoter]).toEqual([4, "1", "1"]);
});

test("the leader's address is that of the configuration, and empty while nobody leads", () => {
  const configuration = { index: 1, configuration: { servers: [{ id: "a", address: "10.0.0.1:8300", voter: true }] } };
  expect(leaderAddress({ status: () => ({ leader: "a", configuration }) })).toBe("10.0.0.1:8300");
  expect(leaderAddress({ status: () => ({ leader: undefined, configuration }) })).toBe("");
});
