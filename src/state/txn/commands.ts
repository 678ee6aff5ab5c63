import { Refusal } from "../../lib/refusal.ts";
import type { TxnError, TxnOp, TxnResponse, TxnResult } from "../../model/txn.ts";
import { txnCheck, txnNode, txnService } from "../catalog/txn.ts";
import type { Change } from "../change.ts";
import { txnKv } from "../kv/txn.ts";

export interface TxnCommand {
  type: "txn.apply";
  ops: TxnOp[];
  /** In milliseconds since 1970. */
  atMs?: number;
}

/** Undoes the savepoint of a transaction that failed; never leaves this file. */
class Failed extends Error {}

/**
 * All operations or none; each sees those before it. Every failing operation is listed, also behind the first, as
 * Consul does.
 */
export function applyTxn(change: Change, command: TxnCommand): TxnResponse {
  const results: TxnResult[] = [];
  const errors: TxnError[] = [];
  try {
    change.atomically(() => {
      for (const [OpIndex, op] of command.ops.entries()) {
        try {
          results.push(...runOp(change, op, command.atMs));
        } catch (error) {
          if (!(error instanceof Refusal)) throw error;
          errors.push({ OpIndex, What: error.message });
        }
      }
      if (errors.length > 0) throw new Failed();
    });
  } catch (error) {
    if (!(error instanceof Failed)) throw error;
    return { Results: null, Errors: errors };
  }
  return { Results: results, Errors: null };
}

/** Runs one operation; throws a Refusal with the text of its failure. */
export function runOp(change: Change, op: TxnOp, atMs: number | undefined): TxnResult[] {
  if ("KV" in op) return txnKv(change, op.KV).map((KV) => ({ KV }));
  if ("Node" in op) return txnNode(change, op.Node, atMs).map((Node) => ({ Node }));
  if ("Service" in op) return txnService(change, op.Service, atMs).map((Service) => ({ Service }));
  return txnCheck(change, op.Check, atMs).map((Check) => ({ Check }));
}
