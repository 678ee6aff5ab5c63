import { expect, test } from "bun:test";
import { endpointText, plainAddress } from "../../../../src/gossip/pool/endpoints.ts";

test("an IPv4 peer on a socket of both families has its own address", () => {
  expect(["::ffff:10.0.0.1", "::FFFF:10.0.0.1", "10.0.0.1", "fd00::1"].map(plainAddress)).toEqual([
    "10.0.0.1",
    "10.0.0.1",
    "10.0.0.1",
    "fd00::1",
  ]);
});

test("an endpoint is written with brackets around IPv6", () => {
  expect(endpointText({ address: "10.0.0.1", port: 80 })).toBe("10.0.0.1:80");
  expect(endpointText({ address: "fd00::1", port: 80 })).toBe("[fd00::1]:80");
});
