import { assert } from "../../lib/assert.ts";
import { Refusal } from "../../lib/refusal.ts";
import type { TxnError, TxnOp, TxnResponse, TxnResult } from "../../model/txn.ts";
import type { Change } from "../change.ts";
import type { StateDb } from "../db.ts";
import { runOp } from "./commands.ts";

/** Runs operations that only look, without a log entry. */
export function lookTxn(db: StateDb, ops: readonly TxnOp[]): TxnResponse {
  const results: TxnResult[] = [];
  const errors: TxnError[] = [];
  const look = readOnly(db);
  for (const [OpIndex, op] of ops.entries()) {
    try {
      results.push(...runOp(look, op, undefined));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      errors.push({ OpIndex, What: error.message });
    }
  }
  return errors.length > 0 ? { Results: null, Errors: errors } : { Results: results, Errors: null };
}

function readOnly(db: StateDb): Change {
  const refuse = () => assert(false, "a transaction that only looks wrote");
  return { db, index: 0, touch: refuse, delayLocks: refuse, atomically: (write) => write() };
}
