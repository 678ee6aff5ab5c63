import { pause } from "../lib/pause.ts";
import type { ApiContext } from "./context.ts";
import type { Latch, LatchOptions } from "./latch.ts";
import { RETRY_MS } from "./latch.ts";
import { Deadline } from "./latch-deadline.ts";
import { followUntilLost, readPairs } from "./latch-monitor.ts";

/** Marks a key as a lock, so that no other program's key is taken for one. Consul's own number. */
const LOCK_FLAGS = 0x2ddccbc058a50c18n;

/** A lock with one holder: the session that has acquired one key. */
export class Mutex implements Latch {
  readonly #context: ApiContext;
  readonly #path: string;
  readonly #options: LatchOptions;

  /** `key` is the whole key, without a leading slash. */
  constructor(context: ApiContext, key: string, options: LatchOptions) {
    this.#context = context;
    this.#path = `/v1/kv/${key}`;
    this.#options = options;
  }

  async acquire(signal: AbortSignal): Promise<boolean> {
    const { session, timeoutMs } = this.#options;
    const deadline = new Deadline(this.#context.clock, timeoutMs);
    let index: string | undefined;
    for (let wait = deadline.nextWait(); wait !== undefined && !signal.aborted; wait = deadline.nextWait()) {
      const { pairs, index: seen } = await readPairs(this.#context, this.#path, { wait, index }, signal);
      const [pair] = pairs;
      if (pair !== undefined && BigInt(pair.Flags) !== LOCK_FLAGS)
        throw new Error("Existing key does not match lock use");
      if (pair?.Session === session) return true;
      if (pair?.Session) {
        index = seen;
        continue;
      }
      if (await this.#put({ acquire: session })) return true;
      index = await this.#afterRefusal(deadline, signal);
    }
    return false;
  }

  untilLost(signal: AbortSignal): Promise<void> {
    const { session, monitorRetries: retries } = this.#options;
    const holds = (pairs: readonly { Session?: string }[]) => pairs[0]?.Session === session;
    return followUntilLost(this.#context, { path: this.#path, query: {}, retries, holds }, signal);
  }

  async release(): Promise<void> {
    await this.#put({ release: this.#options.session });
  }

  async cleanUp(): Promise<boolean> {
    const [pair] = (await readPairs(this.#context, this.#path, {})).pairs;
    if (pair === undefined) return true;
    if (pair.Session) return false;
    const answer = await this.#context.api.delete(this.#path, { query: { cas: String(pair.ModifyIndex) } });
    return answer.includes("true");
  }

  async #put(query: Record<string, string>): Promise<boolean> {
    const answer = await this.#context.api.put(this.#path, { query: { ...query, flags: String(LOCK_FLAGS) } });
    return answer.includes("true");
  }

  /** Refused though free: either somebody was quicker (gives the index to wait on) or the lock delay runs. */
  async #afterRefusal(deadline: Deadline, signal: AbortSignal): Promise<string | undefined> {
    const { pairs, index } = await readPairs(this.#context, this.#path, {}, signal);
    if (pairs[0]?.Session) return index;
    await pause(this.#context.clock, deadline.clip(RETRY_MS), signal);
    return undefined;
  }
}
