import { Refusal } from "../lib/refusal.ts";

const NOTHING_TO_LEAVE = () => undefined;

/**
 * How many requests one client may have waiting at once. Consul counts connections; a connection that only asks and is
 * answered costs nothing here, a waiting one holds memory.
 */
export class WaitingLimit {
  readonly #waiting = new Map<string, number>();
  readonly #perClientMax: () => number;

  constructor(perClientMax: () => number) {
    this.#perClientMax = perClientMax;
  }

  /** Counts a waiting request; call the returned function when it ends. Throws a Refusal (429) beyond the limit. */
  enter(address: string): () => void {
    // All callers on a unix socket look alike, and its file says who may call.
    if (address === "") return NOTHING_TO_LEAVE;
    const count = this.#waiting.get(address) ?? 0;
    const max = this.#perClientMax();
    if (max > 0 && count >= max) {
      throw new Refusal(`too many waiting requests from this client: limits.http_max_conns_per_client is ${max}`, 429);
    }
    this.#waiting.set(address, count + 1);
    return () => {
      const left = (this.#waiting.get(address) ?? 1) - 1;
      if (left === 0) this.#waiting.delete(address);
      else this.#waiting.set(address, left);
    };
  }
}
