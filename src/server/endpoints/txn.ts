import type { TxnOp, TxnResponse } from "../../model/txn.ts";
import type { LockDelays } from "../lock-delay.ts";
import type { Propose } from "../propose.ts";

/** Transactions: the leader adds its lock delays; a transaction that only looks runs on the state as it is. */
export class TxnEndpoint {
  readonly #propose: Propose;
  readonly #lockDelays: LockDelays;
  readonly #look: (ops: readonly TxnOp[]) => TxnResponse;

  constructor(deps: {
    propose: Propose;
    lockDelays: LockDelays;
    /** Runs operations that write nothing. */
    look: (ops: readonly TxnOp[]) => TxnResponse;
  }) {
    this.#propose = deps.propose;
    this.#lockDelays = deps.lockDelays;
    this.#look = deps.look;
  }

  async apply(ops: TxnOp[], readOnly: boolean): Promise<TxnResponse> {
    if (readOnly) return this.#look(ops);
    const errors = ops.flatMap((op, OpIndex) => {
      const What = this.#precheck(op);
      return What === undefined ? [] : [{ OpIndex, What }];
    });
    if (errors.length > 0) return { Results: null, Errors: errors };
    return (await this.#propose({ type: "txn.apply", ops })) as TxnResponse;
  }

  /** What Consul checks before the log: an empty key, and a lock that is still locked out. */
  #precheck(op: TxnOp): string | undefined {
    if (!("KV" in op)) return undefined;
    const { Key, Verb } = op.KV;
    if (Key === "" && Verb !== "delete-tree") return "Must provide key";
    if (Verb === "lock" && this.#lockDelays.isDelayed(Key)) {
      return `failed to lock key ${JSON.stringify(Key)} due to lock delay`;
    }
    return undefined;
  }
}
