import { Refusal } from "../../lib/refusal.ts";
import type { KVPair } from "../../model/kv.ts";
import type { TxnKvOp } from "../../model/txn.ts";
import type { Change } from "../change.ts";
import { kvCas, kvDelete, kvDeleteCas, kvDeleteTree, kvLock, kvSet, kvUnlock } from "./commands.ts";
import { kvRow, kvRows, toPair } from "./queries.ts";

/** One key operation of a transaction: the pairs it answers (writes without their value), or a Refusal in Consul's words. */
export function txnKv(change: Change, op: TxnKvOp): KVPair[] {
  const key = JSON.stringify(op.Key);
  const write = { key: op.Key, value: op.Value, flags: op.Flags };
  switch (op.Verb) {
    case "set":
      kvSet(change, write);
      return written(change, op.Key);
    case "cas":
      if (!kvCas(change, { ...write, index: op.Index })) throw new Refusal(`failed to set key ${key}, index is stale`);
      return written(change, op.Key);
    case "lock":
      if (!kvLock(change, { ...write, session: op.Session })) {
        throw new Refusal(`failed to lock key ${key}, lock is already held`);
      }
      return written(change, op.Key);
    case "unlock":
      if (!kvUnlock(change, { ...write, session: op.Session })) {
        throw new Refusal(`failed to unlock key ${key}, lock isn't held, or is held by another session`);
      }
      return written(change, op.Key);
    case "delete":
      kvDelete(change, op.Key);
      return [];
    case "delete-cas":
      if (!kvDeleteCas(change, op.Key, op.Index)) throw new Refusal(`failed to delete key ${key}, index is stale`);
      return [];
    case "delete-tree":
      kvDeleteTree(change, op.Key);
      return [];
    default:
      return look(change, op);
  }
}

function look(change: Change, op: TxnKvOp): KVPair[] {
  const key = JSON.stringify(op.Key);
  if (op.Verb === "get-tree") return kvRows(change.db, op.Key).map(toPair);
  const row = kvRow(change.db, op.Key);
  const present = (failed = "") => {
    if (row === undefined) throw new Refusal(`${failed}key ${key} doesn't exist`);
    return row;
  };
  switch (op.Verb) {
    case "get":
      return [toPair(present())];
    case "check-session": {
      const session = present("failed to check session, ").session ?? "";
      if (session !== op.Session) {
        throw new Refusal(
          `failed session check for key ${key}, current session ${JSON.stringify(session)} != ${JSON.stringify(op.Session)}`,
        );
      }
      return written(change, op.Key);
    }
    case "check-index": {
      const { modifyIndex } = present("failed to check index, ");
      if (modifyIndex !== op.Index) {
        throw new Refusal(`failed index check for key ${key}, current modify index ${modifyIndex} != ${op.Index}`);
      }
      return written(change, op.Key);
    }
    case "check-not-exists":
      if (row !== undefined) throw new Refusal(`key ${key} exists`);
      return [];
    default:
      throw new Refusal(`unknown KV verb ${JSON.stringify(op.Verb)}`);
  }
}

/** Consul answers what a write left behind, without the value the caller already has. */
function written(change: Change, key: string): KVPair[] {
  const row = kvRow(change.db, key);
  return row === undefined ? [] : [{ ...toPair(row), Value: null }];
}
