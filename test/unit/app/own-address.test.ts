import { expect, test } from "bun:test";
import { isOwnAddress } from "../../../src/app/own-address.ts";
import { configOf, MACHINE } from "../config/fixture.ts";

const isOwn = (address: string, text: string, wan = false) =>
  isOwnAddress(address, wan, configOf(text), MACHINE.interfaces);

test("join: an address is ours when host and port are those of the pool, whose port may be left out", () => {
  const text = 'bind_addr = "127.0.0.1" ports { serf_lan = 1 serf_wan = 2 }';
  expect(["127.0.0.1", "127.0.0.1:1"].map((address) => isOwn(address, text))).toEqual([true, true]);
  expect(["127.0.0.1:2", "127.0.0.2", "127.0.0.1:1:1"].map((address) => isOwn(address, text))).toEqual([
    false,
    false,
    false,
  ]);
  expect(["127.0.0.1:1", "127.0.0.1:2"].map((address) => isOwn(address, text, true))).toEqual([false, true]);
});

test("join: a node that listens everywhere is at each of its machine's addresses", () => {
  expect(["127.0.0.1", "10.0.0.5:8301", "10.0.0.6"].map((address) => isOwn(address, 'bind_addr = "0.0.0.0"'))).toEqual([
    true,
    true,
    false,
  ]);
});
