import type { Clock } from "../../ports/clock.ts";
import type { LockDelays } from "../lock-delay.ts";
import type { Propose } from "../propose.ts";

/** One write of a key, as the HTTP edge or a transaction states it. */
export interface KvPut {
  key: string;
  value: Uint8Array;
  flags: bigint;
  /** At most one of the three. */
  cas?: number;
  acquire?: string;
  release?: string;
  /** The key goes away by itself after this time unless it is written again. */
  ttlMs?: number;
}

/** Writes of the key/value store: adds what only the leader may decide (time, lock delays) and proposes. */
export class KvEndpoint {
  readonly #propose: Propose;
  readonly #clock: Clock;
  readonly #lockDelays: LockDelays;
  readonly #onExpiry: (expiresAtMs: number) => void;

  constructor(deps: {
    propose: Propose;
    clock: Clock;
    lockDelays: LockDelays;
    /** A key that expires was written. */
    onExpiry: (expiresAtMs: number) => void;
  }) {
    this.#propose = deps.propose;
    this.#clock = deps.clock;
    this.#lockDelays = deps.lockDelays;
    this.#onExpiry = deps.onExpiry;
  }

  /** False when a condition (cas, lock) did not hold; Refusal when the session is not valid. */
  async put(put: KvPut): Promise<boolean> {
    if (put.ttlMs === undefined) return this.#write(put, {});
    const expiresAtMs = this.#clock.nowMs() + put.ttlMs;
    const written = await this.#write(put, { expiresAtMs });
    this.#onExpiry(expiresAtMs);
    return written;
  }

  #write(put: KvPut, expiry: { expiresAtMs?: number }): Promise<boolean> {
    const write = {
      key: put.key,
      value: put.value.length === 0 ? null : put.value.toBase64(),
      flags: put.flags.toString(),
      ...expiry,
    };
    if (put.acquire !== undefined) {
      if (this.#lockDelays.isDelayed(put.key)) return Promise.resolve(false);
      return this.#run({ type: "kv.lock", session: put.acquire, ...write });
    }
    if (put.release !== undefined) return this.#run({ type: "kv.unlock", session: put.release, ...write });
    if (put.cas !== undefined) return this.#run({ type: "kv.cas", index: put.cas, ...write });
    return this.#run({ type: "kv.set", ...write });
  }

  /** True also for a missing key; false when `cas` does not match. */
  delete(key: string, cas?: number): Promise<boolean> {
    return this.#run(cas === undefined ? { type: "kv.delete", key } : { type: "kv.delete-cas", key, index: cas });
  }

  deleteTree(prefix: string): Promise<boolean> {
    return this.#run({ type: "kv.delete-tree", prefix });
  }

  #run(command: Parameters<Propose>[0]): Promise<boolean> {
    return this.#propose(command) as Promise<boolean>;
  }
}
