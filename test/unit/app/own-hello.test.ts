import { expect, test } from "bun:test";
import { ownHello } from "../../../src/app/own-hello.ts";
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
