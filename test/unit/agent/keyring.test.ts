import { expect, test } from "bun:test";
import { orderKeys } from "../../../src/agent/keyring.ts";
import type { KeysResult, Pool } from "../../../src/gossip/types.ts";
import { Refusal } from "../../../src/lib/refusal.ts";

const DONE: KeysResult = {
  messages: new Map(),
  keys: new Map([["k1", 2]]),
  primaryKeys: new Map([["k1", 2]]),
  members: 2,
  responses: 2,
  errors: 0,
};

function poolOf(result: KeysResult) {
  const asked: unknown[][] = [];
  const order =
    (action: string) =>
    (...args: unknown[]) => {
      asked.push([action, ...args]);
      return Promise.resolve(result);
    };
  const keys: Pool["keys"] = {
    isEncrypted: true,
    list: order("list"),
    install: order("install"),
    use: order("use"),
    remove: order("remove"),
  };
  return { pool: { keys }, asked };
}

const LAN = { wan: false, datacenter: "dc1" };

test("an order goes to the pool, and what all did is plain data", async () => {
  const { pool, asked } = poolOf(DONE);
  expect(await orderKeys(pool, LAN, { action: "list", key: "", relayFactor: 2 })).toEqual({
    ...LAN,
    error: "",
    messages: {},
    keys: { k1: 2 },
    primaryKeys: { k1: 2 },
    members: 2,
  });
  await orderKeys(pool, LAN, { action: "use", key: "k2", relayFactor: 0 });
  expect(asked).toEqual([
    ["list", { relayFactor: 2 }],
    ["use", "k2", { relayFactor: 0 }],
  ]);
});

test("members that fail or stay silent are an error in Serf's words", async () => {
  const failed = { ...DONE, errors: 1, messages: new Map([["n1", "Requested key is not in the keyring"]]) };
  expect(await orderKeys(poolOf(failed).pool, LAN, { action: "use", key: "k", relayFactor: 0 })).toMatchObject({
    error: "1/2 nodes reported failure",
    messages: { n1: "Requested key is not in the keyring" },
  });
  const silent = { ...DONE, responses: 1 };
  expect(await orderKeys(poolOf(silent).pool, LAN, { action: "list", key: "", relayFactor: 0 })).toMatchObject({
    error: "1/2 nodes reported success",
  });
});

test("a key that is none is this order's error and not a failure of the request", async () => {
  const { pool } = poolOf(DONE);
  const install = () => Promise.reject(new Refusal("illegal base64 data at input byte 0"));
  const refusing = { keys: { ...pool.keys, install } };
  expect(await orderKeys(refusing, LAN, { action: "install", key: "!", relayFactor: 0 })).toMatchObject({
    error: "illegal base64 data at input byte 0",
    members: 0,
  });
});
