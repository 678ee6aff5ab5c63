import { expect, test } from "bun:test";
import type { KvEndpoint } from "../../../src/server/endpoints/kv.ts";
import { Server } from "../../../src/server/server.ts";
import { kvGet } from "../../../src/state/kv/queries.ts";
import { sessionGet } from "../../../src/state/sessions/queries.ts";
import { settle } from "../../support/manual-clock.ts";
import { silentLogger } from "../../support/silent.ts";
import { registerNode, stateRig } from "../../support/state-rig.ts";

const REQUEST = {
  Name: "",
  Node: "n1",
  LockDelay: 0,
  Behavior: "",
  TTL: "10s",
  NodeChecks: ["serfHealth"],
  ServiceChecks: null,
};

function serverRig() {
  const rig = stateRig();
  let uuid = 0;
  const told: string[] = [];
  const server = new Server({
    db: rig.db,
    propose: (command) => rig.propose(command),
    clock: rig.clock,
    random: { uuid: () => `00000000-0000-4000-8000-${String(++uuid).padStart(12, "0")}`, float: () => 0 },
    log: silentLogger,
    datacenter: "dc1",
    sessionTtlNsMin: () => 10e9,
    duties: [{ lead: () => told.push("lead"), stop: () => told.push("stop") }],
  });
  rig.machine.onLocksDelayed = (keys, ns) => server.onLocksDelayed(keys, ns);
  server.lead();
  return { ...rig, server, told };
}

const put = (key: string, more: Partial<Parameters<KvEndpoint["put"]>[0]> = {}) => ({
  key,
  value: new Uint8Array([49]),
  flags: 0n,
  ...more,
});

test("a session ends at twice its TTL, and renewing starts it anew", async () => {
  const rig = serverRig();
  registerNode(rig);
  const id = await rig.server.session.create(REQUEST);
  rig.clock.advance(19_999);
  expect(rig.server.session.renew(id)?.ID).toBe(id);
  rig.clock.advance(19_999);
  await settle();
  expect(sessionGet(rig.db, id).value).toBeDefined();
  rig.clock.advance(1);
  await settle();
  expect(sessionGet(rig.db, id).value).toBeUndefined();
  expect(rig.server.session.renew(id)).toBeUndefined();
});

test("the other duties of a leader begin with the lead and end with it", () => {
  const { server, told } = serverRig();
  told.length = 0;
  server.lead();
  server.stop();
  expect(told).toEqual(["stop", "lead", "stop"]);
});

test("a new leader starts all session clocks anew", async () => {
  const rig = serverRig();
  registerNode(rig);
  const id = await rig.server.session.create(REQUEST);
  rig.clock.advance(15_000);
  rig.server.lead();
  rig.clock.advance(19_999);
  await settle();
  expect(sessionGet(rig.db, id).value).toBeDefined();
  rig.clock.advance(1);
  await settle();
  expect(sessionGet(rig.db, id).value).toBeUndefined();
  rig.server.stop();
});

test.each([
  [{ TTL: "5s" }, "Invalid Session TTL '5000000000', must be between [10s=24h0m0s]"],
  [{ TTL: "abc" }, "Session TTL 'abc' invalid: time: invalid duration \"abc\""],
  [{ Behavior: "x" }, "Invalid Behavior setting 'x'"],
  [{ Node: "nobody" }, "Missing node registration"],
  [{ NodeChecks: ["none"] }, "Missing check 'none' registration"],
])("a session with %p is refused in Consul's words", async (change, text) => {
  const rig = serverRig();
  registerNode(rig);
  await expect(rig.server.session.create({ ...REQUEST, ...change })).rejects.toThrow(text);
});

test("after a session's end its keys are locked out for its lock delay, in transactions too", async () => {
  const rig = serverRig();
  registerNode(rig);
  const first = await rig.server.session.create({ ...REQUEST, LockDelay: 4e9 });
  const second = await rig.server.session.create(REQUEST);
  expect(await rig.server.kv.put(put("l", { acquire: first }))).toBe(true);
  await rig.server.session.destroy(first);
  expect(await rig.server.kv.put(put("l", { acquire: second }))).toBe(false);
  const op = { KV: { Verb: "lock", Key: "l", Value: null, Flags: "0", Index: 0, Session: second } };
  expect((await rig.server.txn.apply([op], false)).Errors?.[0]?.What).toBe('failed to lock key "l" due to lock delay');
  rig.clock.advance(4000);
  expect(await rig.server.kv.put(put("l", { acquire: second }))).toBe(true);
});

test("a key with a time to live is deleted by a log entry when the time is over", async () => {
  const rig = serverRig();
  await rig.server.kv.put(put("a", { ttlMs: 30_000 }));
  await rig.server.kv.put(put("b", { ttlMs: 5_000 }));
  rig.clock.advance(5_000);
  await settle();
  expect([kvGet(rig.db, "a").value?.Key, kvGet(rig.db, "b").value?.Key]).toEqual(["a", undefined]);
  rig.clock.advance(25_000);
  await settle();
  expect(kvGet(rig.db, "a").value).toBeUndefined();
  expect(rig.machine.appliedIndex).toBe(4);
});

test("writing a key again keeps it alive", async () => {
  const rig = serverRig();
  await rig.server.kv.put(put("a", { ttlMs: 10_000 }));
  rig.clock.advance(9_000);
  await rig.server.kv.put(put("a", { ttlMs: 10_000 }));
  rig.clock.advance(9_000);
  await settle();
  expect(kvGet(rig.db, "a").value?.Key).toBe("a");
  rig.clock.advance(1_000);
  await settle();
  expect(kvGet(rig.db, "a").value).toBeUndefined();
});

test("a deposed leader's clocks stop at once, and another one's begin anew", async () => {
  const rig = serverRig();
  registerNode(rig);
  const id = await rig.server.session.create(REQUEST);
  await rig.server.kv.put(put("a", { ttlMs: 10_000 }));
  rig.clock.advance(9_000);
  rig.server.stop();
  expect(rig.clock.pendingMs.filter((ms) => ms > 200)).toEqual([]);
  rig.server.session.renew(id);
  rig.clock.advance(60_000);
  await settle();
  expect([sessionGet(rig.db, id).value?.ID, kvGet(rig.db, "a").value?.Key]).toEqual([id, "a"]);
  rig.server.lead();
  rig.clock.advance(19_999);
  await settle();
  expect([sessionGet(rig.db, id).value?.ID, kvGet(rig.db, "a").value?.Key]).toEqual([id, undefined]);
  rig.clock.advance(1);
  await settle();
  expect(sessionGet(rig.db, id).value).toBeUndefined();
  rig.server.stop();
});

test("tombstones are forgotten after 15 minutes", async () => {
  const rig = serverRig();
  await rig.server.kv.put(put("a"));
  await rig.server.kv.delete("a");
  const tombstones = () => rig.db.$client.query("SELECT count(*) AS n FROM kv_tombstones").get();
  rig.clock.advance(14 * 60_000);
  await settle();
  expect(tombstones()).toEqual({ n: 1 });
  rig.clock.advance(2 * 60_000);
  await settle();
  expect(tombstones()).toEqual({ n: 0 });
  rig.server.stop();
});
