import { expect, test } from "bun:test";
import type { Command } from "../../../src/state/commands.ts";
import { readIndex } from "../../../src/state/indexes/queries.ts";
import { Machine } from "../../../src/state/machine.ts";
import { Publisher } from "../../../src/state/publisher.ts";
import { stateRig } from "../../support/state-rig.ts";

const set = (key: string) => ({ type: "kv.set" as const, key, value: "MQ==", flags: "0" });
const applied = (rig: ReturnType<typeof stateRig>) => rig.db.$client.query("SELECT idx, term FROM applied").get();

test("rows and applied index are committed together, some 100 ms after the first entry", () => {
  const rig = stateRig();
  rig.apply(set("a"));
  expect(rig.machine.appliedIndex).toBe(1);
  expect(rig.db.$client.inTransaction).toBe(true);
  rig.clock.advance(100);
  expect(rig.db.$client.inTransaction).toBe(false);
  expect(applied(rig)).toEqual({ idx: 1, term: 1 });
});

test("a machine opened on the same database continues after the last commit", () => {
  const rig = stateRig();
  rig.apply(set("a"));
  rig.machine.flush();
  const again = new Machine({ db: rig.db, publisher: new Publisher(), clock: rig.clock, onFatal: expect.unreachable });
  expect(again.appliedIndex).toBe(1);
});

test("a batch wakes a waiter once, after its last entry", () => {
  const rig = stateRig();
  const entry = (index: number) => ({ index, term: 1, type: "command" as const, data: JSON.stringify(set("a")) });
  rig.machine.apply([entry(1), { ...entry(2), data: JSON.stringify({ ...set("a"), value: "Mg==" }) }]);
  expect(rig.touched).toEqual([["kv/a"]]);
});

test("an entry out of order stops the program: state would diverge from the log", () => {
  const rig = stateRig();
  expect(() => rig.machine.apply([{ index: 5, term: 1, type: "noop", data: "" }])).toThrow("entry 5 applied after 0");
});

test("a refused command undoes its rows, topics and indexes, and the next entry goes on", () => {
  const rig = stateRig();
  rig.apply(set("a"));
  const before = readIndex(rig.db, "kvs");
  rig.touched.length = 0;
  const op = (Verb: string, Key: string) => ({
    KV: { Verb, Key, Value: "Mg==", Flags: "0", Index: 0, Session: "" },
  });
  expect(rig.apply({ type: "txn.apply", ops: [op("set", "b"), op("get", "none")] })).toEqual({
    Results: null,
    Errors: [{ OpIndex: 1, What: 'key "none" doesn\'t exist' }],
  });
  expect(rig.touched).toEqual([]);
  expect(readIndex(rig.db, "kvs")).toBe(before);
  rig.apply(set("c"));
  expect(readIndex(rig.db, "kvs")).toBe(3);
});

test("a commit that fails in its timer ends the process with the reason: what was answered is in the log alone", () => {
  const rig = stateRig();
  failCommits(rig);
  rig.apply(set("a"));
  rig.clock.advance(100);
  expect(rig.fatal).toEqual([
    "can't commit the state up to entry 1: SQLiteError: database or disk is full; " +
      "the log has all of it, and the next start applies it again",
  ]);
});

test("a commit that fails on demand says so to who demanded it, and ends the process too", () => {
  const rig = stateRig();
  failCommits(rig);
  rig.apply(set("a"));
  expect(() => rig.machine.flush()).toThrow("database or disk is full");
  expect(rig.fatal.length).toBe(1);
});

/** What every commit writes can't be written any more. */
function failCommits(rig: ReturnType<typeof stateRig>): void {
  rig.db.$client.run(
    "CREATE TRIGGER full BEFORE UPDATE ON applied BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END",
  );
}

test("an entry applied from what its proposer said leaves what one read from the log leaves", () => {
  const commands: Command[] = [
    { ...set("a"), expiresAtMs: undefined },
    { ...set("a"), expiresAtMs: 5 },
    { type: "kv.cas", index: 0, key: "b", value: null, flags: "18446744073709551615", expiresAtMs: undefined },
    { type: "kv.delete", key: "a" },
  ];
  const rows = [true, false].map((isLive) => {
    const { machine, db } = stateRig();
    machine.apply(
      commands.map((command, at) => ({
        index: at + 1,
        term: 1,
        type: "command",
        data: JSON.stringify(command),
        ...(isLive ? { command } : {}),
      })),
    );
    return db.$client.query("SELECT * FROM kv").all();
  });
  expect(rows[0]).toEqual(rows[1] as unknown[]);
});

const noop = (index: number) => ({ index, term: 1, type: "noop" as const, data: "" });

test("entries without rows open no transaction; the next commit or flush says that they are applied", () => {
  const rig = stateRig();
  rig.machine.apply([noop(1), { ...noop(2), type: "configuration", data: '{"servers":[]}' }]);
  expect(rig.machine.appliedIndex).toBe(2);
  expect(rig.db.$client.inTransaction).toBe(false);
  expect(applied(rig)).toEqual({ idx: 0, term: 0 });
  rig.machine.flush();
  expect(applied(rig)).toEqual({ idx: 2, term: 1 });
  rig.machine.apply([noop(3)]);
  rig.machine.apply([{ ...noop(4), type: "command", data: JSON.stringify(set("a")) }]);
  rig.clock.advance(100);
  expect(applied(rig)).toEqual({ idx: 4, term: 1 });
});

test("on a full disk, elections end nothing: what they applied is said later", () => {
  const rig = stateRig();
  failCommits(rig);
  rig.machine.apply([noop(1)]);
  rig.machine.flush();
  expect(rig.fatal).toEqual([]);
  expect(applied(rig)).toEqual({ idx: 0, term: 0 });
  rig.db.$client.run("DROP TRIGGER full");
  rig.machine.flush();
  expect(applied(rig)).toEqual({ idx: 1, term: 1 });
});

test("clients see the log's index plus the offset that a restore left, in rows, topics and wake-ups", () => {
  const rig = stateRig();
  rig.apply(set("a"));
  rig.machine.flush();
  const seen: number[] = [];
  rig.publisher.subscribe({ topics: ["kv/a"] }, (index) => seen.push(index));
  rig.db.$client.run("UPDATE applied SET offset = 1000");
  rig.machine.reload();
  expect([rig.machine.appliedIndex, rig.machine.stateIndex]).toEqual([1, 1001]);
  rig.publisher.subscribe({ topics: ["kv/b"] }, (index) => seen.push(index));
  rig.apply(set("b"));
  rig.machine.flush();
  expect(seen).toEqual([1001, 1002]);
  expect(readIndex(rig.db, "kvs")).toBe(1002);
  expect(rig.db.$client.query("SELECT create_index, modify_index FROM kv WHERE key = 'b'").get()).toEqual({
    create_index: 1002,
    modify_index: 1002,
  });
  const again = new Machine({ db: rig.db, publisher: new Publisher(), clock: rig.clock, onFatal: expect.unreachable });
  expect([again.appliedIndex, again.stateIndex]).toEqual([2, 1002]);
});

test("a restore never comes here: the keeper executes it", () => {
  const rig = stateRig();
  const restore = { index: 1, term: 1, type: "restore" as const, data: "{}" };
  expect(() => rig.machine.apply([restore])).toThrow("a restore is the keeper's work");
});
