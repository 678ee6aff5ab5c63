import { expect, test } from "bun:test";
import { expectOf, ownHello } from "../../../src/app/own-hello.ts";
import { configOf } from "../config/fixture.ts";

const OWN = { nodeId: "a", clusterId: "", expect: 3, known: [] };

test.each([
  ["", true],
  ["non_voting_server = true", false],
  ["non_voting_member = true", false],
  ["read_replica = true", false],
])("with %p a server may vote: %p", (text, mayVote) => {
  expect(ownHello(configOf(`server = true ${text}`), OWN).mayVote).toBe(mayVote);
});

test("the address is the advertised one, with the server port", () => {
  const config = configOf('server = true advertise_addr = "fd00::1" ports { server = 8400 }');
  expect(ownHello(config, OWN).address).toBe("[fd00::1]:8400");
});

test.each([
  ["bootstrap = true", 1],
  ["bootstrap_expect = 1", 1],
  ["bootstrap_expect = 3", 3],
  ["", 0],
])("with %p a server waits for %d", (text, servers) => {
  expect(expectOf(configOf(`server = true ${text}`))).toBe(servers);
});
