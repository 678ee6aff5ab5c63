import { expect, test } from "bun:test";
import { Refusal } from "../../../../src/lib/refusal.ts";
import type { TxnOp } from "../../../../src/model/txn.ts";
import { TxnEndpoint } from "../../../../src/server/endpoints/txn.ts";
import { LockDelays } from "../../../../src/server/lock-delay.ts";
import type { Command } from "../../../../src/state/commands.ts";
import { ManualClock } from "../../../support/manual-clock.ts";

const DONE = { Results: [], Errors: null };
const kv = (Verb: string, Key: string): TxnOp => ({
  KV: { Verb, Key, Value: null, Flags: "0", Index: 0, Session: "s" },
});
const node = (Verb: string, Node: string): TxnOp => ({ Node: { Verb, Node: { Node } } });

function endpoint() {
  const proposed: Command[] = [];
  const looked: (readonly TxnOp[])[] = [];
  const clock = new ManualClock();
  const lockDelays = new LockDelays(clock);
  const txn = new TxnEndpoint({
    clock,
    propose(command) {
      proposed.push(command);
      return Promise.resolve(DONE);
    },
    lockDelays,
    prepareOp(op) {
      if (!("Node" in op)) return op;
      if (op.Node.Node.Node === "bad") throw new Refusal("Must provide node");
      return { Node: { ...op.Node, Node: { ...op.Node.Node, Datacenter: "dc1" } } };
    },
    look(ops) {
      looked.push(ops);
      return DONE;
    },
  });
  return { txn, proposed, looked, lockDelays, clock };
}

test("operations on the catalog are completed before the log; those that only look need no log", async () => {
  const { txn, proposed, looked, clock } = endpoint();
  await txn.apply([node("set", "a"), kv("set", "k")], false);
  const complete = { Node: { Verb: "set", Node: { Node: "a", Datacenter: "dc1" } } };
  expect(proposed).toEqual([{ type: "txn.apply", ops: [complete, kv("set", "k")], atMs: clock.nowMs() }]);
  await txn.apply([node("get", "a")], true);
  expect(looked).toHaveLength(1);
  expect(proposed).toHaveLength(1);
});

test("every operation that can't be tried is listed, and nothing is written", async () => {
  const { txn, proposed, lockDelays } = endpoint();
  lockDelays.delay(["held"], 1e9);
  const ops = [kv("set", ""), kv("delete-tree", ""), node("set", "bad"), kv("lock", "held")];
  expect(await txn.apply(ops, false)).toEqual({
    Results: null,
    Errors: [
      { OpIndex: 0, What: "Must provide key" },
      { OpIndex: 2, What: "Must provide node" },
      { OpIndex: 3, What: 'failed to lock key "held" due to lock delay' },
    ],
  });
  expect(proposed).toEqual([]);
});
