import { z } from "zod";
import type { PrintedKVPair } from "../model/kv.ts";
import type { CommandContext } from "./context.ts";
import { valueBytes } from "./kv-pair.ts";
import type { Latch, LatchOptions } from "./latch.ts";
import { Deadline } from "./latch-deadline.ts";
import { followUntilLost, readPairs } from "./latch-monitor.ts";

/** Marks the keys of a semaphore. Consul's own number. */
const SEMAPHORE_FLAGS = 0xe0f69a2baa414de0n;
const RELEASE_TRIES_MAX = 100;

const State = z.object({ Limit: z.number(), Holders: z.record(z.string(), z.boolean()).nullable() });
type State = z.infer<typeof State>;

/**
 * A semaphore: each contender holds a key of its own below the prefix, and one key with the list of holders is changed by
 * compare-and-set. A holder whose contender key is gone (its session ended) no longer counts.
 */
export class Semaphore implements Latch {
  readonly #context: CommandContext;
  readonly #prefix: string;
  readonly #lockKey: string;
  readonly #limit: number;
  readonly #options: LatchOptions;

  constructor(context: CommandContext, prefix: string, limit: number, options: LatchOptions) {
    this.#context = context;
    this.#prefix = prefix;
    this.#lockKey = `${prefix}/.lock`;
    this.#limit = limit;
    this.#options = options;
  }

  async acquire(signal: AbortSignal): Promise<boolean> {
    const { session, timeoutMs } = this.#options;
    const deadline = new Deadline(this.#context.clock, timeoutMs);
    const query = { acquire: session, flags: String(SEMAPHORE_FLAGS) };
    const entered = await this.#context.api.put(`/v1/kv/${this.#prefix}/${session}`, { query });
    if (!entered.includes("true")) throw new Error("failed to make contender entry");
    let index: string | undefined;
    for (let wait = deadline.nextWait(); wait !== undefined && !signal.aborted; wait = deadline.nextWait()) {
      const answer = await readPairs(this.#context, `/v1/kv/${this.#prefix}`, { recurse: "", wait, index }, signal);
      const { pair, state } = this.#read(answer.pairs);
      if (state.Limit !== this.#limit)
        throw new Error(`semaphore limit conflict (lock: ${state.Limit}, local: ${this.#limit})`);
      if (Object.keys(state.Holders ?? {}).length >= state.Limit) {
        index = answer.index;
        continue;
      }
      if (await this.#write(pair, { ...state, Holders: { ...state.Holders, [session]: true } })) return true;
      index = undefined;
    }
    return false;
  }

  untilLost(signal: AbortSignal): Promise<void> {
    const { session, monitorRetries: retries } = this.#options;
    const holds = (pairs: readonly PrintedKVPair[]) => this.#read(pairs).state.Holders?.[session] === true;
    const monitor = { path: `/v1/kv/${this.#prefix}`, query: { recurse: "" }, retries, holds };
    return followUntilLost(this.#context, monitor, signal);
  }

  async release(): Promise<void> {
    const { session } = this.#options;
    for (let tries = 0; tries < RELEASE_TRIES_MAX; tries++) {
      const { pairs } = await readPairs(this.#context, `/v1/kv/${this.#lockKey}`, {});
      const pair = pairs[0];
      if (pair === undefined) break;
      const state = decodeState(pair);
      if (state.Holders?.[session] !== true) break;
      const { [session]: _, ...Holders } = state.Holders;
      if (await this.#write(pair, { ...state, Holders })) break;
    }
    await this.#context.api.delete(`/v1/kv/${this.#prefix}/${session}`);
  }

  async cleanUp(): Promise<boolean> {
    const { pairs } = await readPairs(this.#context, `/v1/kv/${this.#prefix}`, { recurse: "" });
    const { pair, state } = this.#read(pairs);
    if (pair === undefined) return true;
    if (Object.keys(state.Holders ?? {}).length > 0) return false;
    const query = { cas: String(pair.ModifyIndex) };
    return (await this.#context.api.delete(`/v1/kv/${this.#lockKey}`, { query })).includes("true");
  }

  /** The list of holders without the dead ones; an empty one when it does not exist yet. */
  #read(pairs: readonly PrintedKVPair[]): { pair: PrintedKVPair | undefined; state: State } {
    const pair = pairs.find((one) => one.Key === this.#lockKey);
    if (pair === undefined) return { pair, state: { Limit: this.#limit, Holders: {} } };
    const state = decodeState(pair);
    const alive = new Set(pairs.filter((one) => one.Key !== this.#lockKey).map((one) => one.Session));
    const Holders = Object.fromEntries(Object.entries(state.Holders ?? {}).filter(([session]) => alive.has(session)));
    return { pair, state: { ...state, Holders } };
  }

  /** Writes the list if it is still as it was read; index 0 means that there was none. */
  async #write(before: PrintedKVPair | undefined, state: State): Promise<boolean> {
    const query = { cas: String(before?.ModifyIndex ?? 0), flags: String(SEMAPHORE_FLAGS) };
    const answer = await this.#context.api.put(`/v1/kv/${this.#lockKey}`, { query, body: JSON.stringify(state) });
    return answer.includes("true");
  }
}

function decodeState(pair: PrintedKVPair): State {
  if (BigInt(pair.Flags) !== SEMAPHORE_FLAGS) throw new Error("Existing key does not match semaphore use");
  return State.parse(JSON.parse(Buffer.from(valueBytes(pair)).toString("utf8")));
}
