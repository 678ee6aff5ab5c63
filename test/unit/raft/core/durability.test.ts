import { expect, test } from "bun:test";
import { Durability } from "../../../../src/raft/core/durability.ts";
import type { Entry } from "../../../../src/raft/types.ts";

const entry = (index: number, term = 1): Entry => ({ index, term, type: "command", data: "" });

/** What ran, in order. */
function recorder() {
  const ran: string[] = [];
  return { ran, note: (name: string) => () => void ran.push(name) };
}

test("what a step saves is one write, hard state and entries together", () => {
  const durability = new Durability();
  durability.saveHardState({ term: 3, votedFor: "a" });
  durability.saveEntries([entry(1)]);
  durability.saveEntries([entry(2)]);
  expect(durability.take(2, 0)).toEqual({
    type: "persist",
    id: 1,
    hardState: { term: 3, votedFor: "a" },
    append: { truncateFrom: undefined, entries: [entry(1), entry(2)] },
  });
  expect(durability.take(2, 0)).toBeUndefined();
});

test("with an idle disk nothing waits", () => {
  const { ran, note } = recorder();
  const durability = new Durability();
  durability.whenDurable("log", note("now"));
  expect(durability.runReady()).toBe(true);
  expect(ran).toEqual(["now"]);
});

test("a reply to an append waits for all writes before it, a vote only for term and vote", () => {
  const { ran, note } = recorder();
  const durability = new Durability();
  durability.saveEntries([entry(1)]);
  durability.take(1, 0);
  durability.whenDurable("log", note("reply"));
  durability.whenDurable("hardState", note("vote"));
  durability.runReady();
  expect(ran).toEqual(["vote"]);
  for (const run of durability.done(1)?.actions ?? []) run();
  expect(ran).toEqual(["vote", "reply"]);
});

test("a write says how far the log is durable with it; out of order it is no answer", () => {
  const durability = new Durability();
  durability.saveEntries([entry(1)]);
  durability.take(1, 0);
  durability.saveEntries([entry(2)]);
  durability.take(2, 0);
  expect(durability.done(2)).toBeUndefined();
  expect(durability.done(1)?.lastIndex).toBe(1);
  expect(durability.done(2)?.lastIndex).toBe(2);
});

test("the completion of entries that were overwritten meanwhile says nothing about their indexes (etcd's append ABA)", () => {
  const durability = new Durability();
  durability.saveEntries([entry(5, 1), entry(6, 1)]);
  durability.take(6, 0);
  durability.saveEntries([entry(6, 2)], 6);
  durability.take(6, 0);
  durability.saveEntries([entry(6, 1)], 6);
  durability.take(6, 0);
  expect(durability.done(1)?.lastIndex).toBe(5);
  expect(durability.done(2)?.lastIndex).toBe(5);
  expect(durability.done(3)?.lastIndex).toBe(6);
});

test("a refused write keeps its vote and loses its entries, as do those after it; later ones are fresh", () => {
  const { ran, note } = recorder();
  const durability = new Durability();
  durability.saveHardState({ term: 2, votedFor: "" });
  durability.saveEntries([entry(1)]);
  durability.take(1, 0);
  durability.whenDurable("log", note("reply"));
  durability.whenDurable("hardState", note("vote"));
  durability.runReady();
  durability.saveEntries([entry(2)]);
  durability.take(2, 0);
  expect(durability.refuse(1)).toBe(true);
  for (const run of durability.done(1)?.actions ?? []) run();
  expect(ran).toEqual(["vote"]);
  durability.saveEntries([entry(1)]);
  durability.take(1, 0);
  expect(durability.refuse(2)).toBe(false);
  expect(durability.done(2)?.lastIndex).toBe(0);
  expect(durability.done(3)?.lastIndex).toBe(1);
});

test("it tells since when the disk is at work", () => {
  const durability = new Durability();
  expect(durability.oldestMs).toBeUndefined();
  durability.saveEntries([entry(1)]);
  durability.take(1, 70);
  expect(durability.oldestMs).toBe(70);
});
