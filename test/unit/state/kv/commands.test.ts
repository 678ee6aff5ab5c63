import { expect, test } from "bun:test";
import { Refusal } from "../../../../src/lib/refusal.ts";
import { kvGet, kvKeys, kvList } from "../../../../src/state/kv/queries.ts";
import { registerNode, serfCheck, stateRig } from "../../../support/state-rig.ts";

const bytes = (text: string) => new TextEncoder().encode(text).toBase64();
const write = (key: string, text: string, flags = "0") => ({ key, value: bytes(text), flags });
const SESSION = "11111111-1111-4111-8111-111111111111";

function withSession(behavior = "release", lockDelayNs = 0) {
  const rig = stateRig();
  registerNode(rig);
  rig.apply({
    type: "session.create",
    session: {
      ID: SESSION,
      Name: "",
      Node: "n1",
      LockDelay: lockDelayNs,
      Behavior: behavior,
      TTL: "",
      NodeChecks: ["serfHealth"],
      ServiceChecks: null,
    },
  });
  return rig;
}

test("a same-value write keeps the indexes and wakes nobody", () => {
  const rig = stateRig();
  rig.apply({ type: "kv.set", ...write("a", "1") });
  const before = kvGet(rig.db, "a");
  rig.touched.length = 0;
  expect(rig.apply({ type: "kv.set", ...write("a", "1") })).toBe(true);
  expect(rig.touched).toEqual([]);
  expect(kvGet(rig.db, "a")).toEqual(before);
  rig.apply({ type: "kv.set", ...write("a", "1", "7") });
  expect(rig.touched).toEqual([["kv/a"]]);
});

test("flags keep 64 unsigned bits", () => {
  const rig = stateRig();
  rig.apply({ type: "kv.set", ...write("a", "1", "18446744073709551615") });
  expect(kvGet(rig.db, "a").value?.Flags).toBe(18446744073709551615n);
});

test("the index of a missing key and of an empty prefix is that of all keys, also in an answer that was kept", () => {
  const rig = stateRig();
  const [missing, empty] = [kvGet(rig.db, "none"), kvKeys(rig.db, "none/", "")];
  rig.apply({ type: "kv.set", ...write("other", "1") });
  const written = kvGet(rig.db, "other");
  expect([missing.index, empty.index]).toEqual([0, 0]);
  expect([missing.indexNow?.(), empty.indexNow?.()]).toEqual([written.index, written.index]);
  expect(written.indexNow).toBeUndefined();
});

test("cas 0 creates only; another index must match", () => {
  const rig = stateRig();
  expect(rig.apply({ type: "kv.cas", index: 0, ...write("a", "1") })).toBe(true);
  expect(rig.apply({ type: "kv.cas", index: 0, ...write("a", "2") })).toBe(false);
  expect(rig.apply({ type: "kv.cas", index: 99, ...write("b", "2") })).toBe(false);
  const index = kvGet(rig.db, "a").value?.ModifyIndex ?? 0;
  expect(rig.apply({ type: "kv.cas", index, ...write("a", "2") })).toBe(true);
});

test("a lock counts acquisitions, keeps its holder, and needs a session", () => {
  const rig = withSession();
  const refusal = (session: string) => rig.apply({ type: "kv.lock", session, ...write("l", "x") });
  expect(refusal("short")).toEqual(new Refusal("failed session lookup: index error: UUID must be 36 characters"));
  const nobody = "00000000-0000-0000-0000-00000000dead";
  expect(refusal(nobody)).toEqual(new Refusal(`invalid session "${nobody}"`));
  expect(rig.apply({ type: "kv.lock", session: SESSION, ...write("l", "1") })).toBe(true);
  expect(rig.apply({ type: "kv.lock", session: SESSION, ...write("l", "2") })).toBe(true);
  expect(kvGet(rig.db, "l").value).toMatchObject({ LockIndex: 1, Session: SESSION });
  expect(rig.apply({ type: "kv.unlock", session: "other", ...write("l", "3") })).toBe(false);
  expect(rig.apply({ type: "kv.unlock", session: SESSION, ...write("l", "3") })).toBe(true);
  expect(kvGet(rig.db, "l").value).toMatchObject({ LockIndex: 1 });
  expect(rig.apply({ type: "kv.lock", session: SESSION, ...write("l", "4") })).toBe(true);
  expect(kvGet(rig.db, "l").value).toMatchObject({ LockIndex: 2 });
});

test("a plain write of a locked key keeps the session and resets LockIndex (observed, Consul 1.8.7)", () => {
  const rig = withSession();
  rig.apply({ type: "kv.lock", session: SESSION, ...write("l", "1") });
  rig.apply({ type: "kv.set", ...write("l", "2") });
  expect(kvGet(rig.db, "l").value).toMatchObject({ LockIndex: 0, Session: SESSION });
});

test("a critical check ends the session in the same entry: keys are released and locked out", () => {
  const rig = withSession("release", 15e9);
  const delayed: unknown[] = [];
  rig.machine.onLocksDelayed = (keys, lockDelayNs) => delayed.push(keys, lockDelayNs);
  rig.apply({ type: "kv.lock", session: SESSION, ...write("l", "1") });
  rig.apply({
    type: "catalog.register",
    node: { ID: "", Node: "n1", Address: "10.0.0.1", Datacenter: "dc1", TaggedAddresses: null, Meta: null },
    skipNodeUpdate: true,
    checks: [serfCheck("n1", "critical")],
  });
  const pair = kvGet(rig.db, "l").value;
  expect(pair?.Session).toBeUndefined();
  expect(pair?.ModifyIndex).toBe(rig.index);
  expect(delayed).toEqual([["l"], 15e9]);
});

test("behaviour delete removes the keys with the session", () => {
  const rig = withSession("delete");
  rig.apply({ type: "kv.lock", session: SESSION, ...write("l", "1") });
  rig.apply({ type: "session.destroy", ids: [SESSION] });
  expect(kvGet(rig.db, "l").value).toBeUndefined();
});

test("delete-cas: a missing key counts as deleted, index 0 matches nothing that exists", () => {
  const rig = stateRig();
  rig.apply({ type: "kv.set", ...write("a", "1") });
  expect(rig.apply({ type: "kv.delete-cas", key: "none", index: 5 })).toBe(true);
  expect(rig.apply({ type: "kv.delete-cas", key: "a", index: 0 })).toBe(false);
  expect(rig.apply({ type: "kv.delete-cas", key: "a", index: 1 })).toBe(true);
  expect(kvGet(rig.db, "a").value).toBeUndefined();
});

test("the index of a prefix never goes back: a deletion under it counts", () => {
  const rig = stateRig();
  rig.apply({ type: "kv.set", ...write("p/a", "1") });
  rig.apply({ type: "kv.set", ...write("p/b", "1") });
  rig.apply({ type: "kv.delete", key: "p/b" });
  rig.apply({ type: "kv.set", ...write("other", "1") });
  expect(kvList(rig.db, "p/").index).toBe(3);
  rig.apply({ type: "kv.delete-tree", prefix: "p/" });
  expect(kvList(rig.db, "p/")).toMatchObject({ value: [], index: 5 });
});

test("names are cut after the separator behind the prefix, once each", () => {
  const rig = stateRig();
  for (const key of ["a/b", "a/c/d", "a/c/e", "b"]) rig.apply({ type: "kv.set", ...write(key, "") });
  expect(kvKeys(rig.db, "a/", "/").value).toEqual(["a/b", "a/c/"]);
  expect(kvKeys(rig.db, "", "/").value).toEqual(["a/", "b"]);
  expect(kvKeys(rig.db, "a/", "").value).toEqual(["a/b", "a/c/d", "a/c/e"]);
});

test("keys list bytewise in UTF-8 and prefixes match them", () => {
  const rig = stateRig();
  const keys = ["é", "z", "\u{1f600}", "\uffee", "zz"];
  for (const key of keys) rig.apply({ type: "kv.set", ...write(key, "") });
  expect(kvKeys(rig.db, "", "").value).toEqual(["z", "zz", "é", "\uffee", "\u{1f600}"]);
  expect(kvKeys(rig.db, "\u{1f600}", "").value).toEqual(["\u{1f600}"]);
  expect(kvKeys(rig.db, "z", "").value).toEqual(["z", "zz"]);
});

test("a key expires only if it was not written again", () => {
  const rig = stateRig();
  rig.apply({ type: "kv.set", ...write("a", "1"), expiresAtMs: 1000 });
  rig.apply({ type: "kv.set", ...write("b", "1"), expiresAtMs: 1000 });
  rig.apply({ type: "kv.set", ...write("b", "2"), expiresAtMs: 2000 });
  const due = [
    { key: "a", modifyIndex: 1, expiresAtMs: 1000 },
    { key: "b", modifyIndex: 2, expiresAtMs: 1000 },
  ];
  expect(rig.apply({ type: "kv.expire", keys: due })).toBe(1);
  expect(kvKeys(rig.db, "", "").value).toEqual(["b"]);
});

test("the same value with a time to live renews it and wakes nobody; without, it lasts for good", () => {
  const rig = stateRig();
  rig.apply({ type: "kv.set", ...write("a", "1"), expiresAtMs: 1000 });
  rig.touched.length = 0;
  rig.apply({ type: "kv.set", ...write("a", "1"), expiresAtMs: 5000 });
  expect(rig.apply({ type: "kv.expire", keys: [{ key: "a", modifyIndex: 1, expiresAtMs: 1000 }] })).toBe(0);
  rig.apply({ type: "kv.set", ...write("a", "1") });
  expect(rig.apply({ type: "kv.expire", keys: [{ key: "a", modifyIndex: 1, expiresAtMs: 5000 }] })).toBe(0);
  expect(rig.touched).toEqual([]);
});
