import type { Clock } from "../../ports/clock.ts";
import type { KvCommand } from "../../state/kv/commands.ts";
import type { LockDelays } from "../lock-delay.ts";
import type { Propose } from "../propose.ts";

/** One write of a key, as the HTTP edge or a transaction states it. */
export interface KvPut {
  key: string;
  value: Uint8Array;
  flags: bigint;
  /** At most one of the three. */
  cas?: number | undefined;
  acquire?: string | undefined;
  release?: string | undefined;
  /** The key goes away by itself after this time unless it is written again. */
  ttlMs?: number | undefined;
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
  put(put: KvPut): Promise<boolean> {
    if (put.acquire !== undefined && this.#lockDelays.isDelayed(put.key)) return Promise.resolve(false);
    if (put.ttlMs !== undefined) return this.#putForAWhile(put, put.ttlMs);
    return this.#run(commandOf(put, undefined));
  }

  async #putForAWhile(put: KvPut, ttlMs: number): Promise<boolean> {
    const expiresAtMs = this.#clock.nowMs() + ttlMs;
    const written = await this.#run(commandOf(put, expiresAtMs));
    this.#onExpiry(expiresAtMs);
    return written;
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

/** Properties that are undefined do not reach the log: this is on the path of every write. */
function commandOf(put: KvPut, expiresAtMs: number | undefined): KvCommand {
  const { key } = put;
  const value = put.value.length === 0 ? null : put.value.toBase64();
  const flags = put.flags === 0n ? "0" : put.flags.toString();
  if (put.acquire !== undefined) return { type: "kv.lock", key, value, flags, session: put.acquire, expiresAtMs };
  if (put.release !== undefined) return { type: "kv.unlock", key, value, flags, session: put.release, expiresAtMs };
  if (put.cas !== undefined) return { type: "kv.cas", key, value, flags, index: put.cas, expiresAtMs };
  return { type: "kv.set", key, value, flags, expiresAtMs };
}
