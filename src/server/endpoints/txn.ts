import { Refusal } from "../../lib/refusal.ts";
import type { TxnError, TxnOp, TxnResponse } from "../../model/txn.ts";
import type { Clock } from "../../ports/clock.ts";
import type { LockDelays } from "../lock-delay.ts";
import type { Propose } from "../propose.ts";

/** Transactions: the leader adds its lock delays; a transaction that only looks runs on the state as it is. */
export class TxnEndpoint {
  readonly #propose: Propose;
  readonly #clock: Clock;
  readonly #lockDelays: LockDelays;
  readonly #prepareOp: (op: TxnOp) => TxnOp;
  readonly #look: (ops: readonly TxnOp[]) => TxnResponse;

  constructor(deps: {
    propose: Propose;
    clock: Clock;
    lockDelays: LockDelays;
    /** Completes an operation on the catalog; throws a Refusal for one that is not even tried. */
    prepareOp: (op: TxnOp) => TxnOp;
    /** Runs operations that write nothing. */
    look: (ops: readonly TxnOp[]) => TxnResponse;
  }) {
    this.#propose = deps.propose;
    this.#clock = deps.clock;
    this.#lockDelays = deps.lockDelays;
    this.#prepareOp = deps.prepareOp;
    this.#look = deps.look;
  }

  async apply(ops: TxnOp[], readOnly: boolean): Promise<TxnResponse> {
    const prepared: TxnOp[] = [];
    const errors: TxnError[] = [];
    for (const [OpIndex, op] of ops.entries()) {
      try {
        prepared.push(this.#prepare(op));
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        errors.push({ OpIndex, What: error.message });
      }
    }
    if (errors.length > 0) return { Results: null, Errors: errors };
    if (readOnly) return this.#look(prepared);
    return (await this.#propose({ type: "txn.apply", ops: prepared, atMs: this.#clock.nowMs() })) as TxnResponse;
  }

  /** What Consul checks before the log: an empty key, a lock that is still locked out, a bad object of the catalog. */
  #prepare(op: TxnOp): TxnOp {
    if (!("KV" in op)) return this.#prepareOp(op);
    const { Key, Verb } = op.KV;
    if (Key === "" && Verb !== "delete-tree") throw new Refusal("Must provide key");
    if (Verb === "lock" && this.#lockDelays.isDelayed(Key)) {
      throw new Refusal(`failed to lock key ${JSON.stringify(Key)} due to lock delay`);
    }
    return op;
  }
}
