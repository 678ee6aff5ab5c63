import type { Clock } from "../../ports/clock.ts";
import type { Logger } from "../../ports/logger.ts";
import type { Meter } from "../../ports/meter.ts";
import type { QueryMessage, QueryResponse } from "../messages.ts";
import type { QueryOptions } from "../types.ts";

/** Questions of this member that wait at the same time. */
export const OPEN_QUERIES_MAX = 256;

type Listeners = Pick<QueryOptions, "onAck" | "onResponse">;

export interface OpenQuery {
  /** Resolves when it is over. */
  readonly done: Promise<void>;
  /** Enough is known. */
  close(): void;
}

interface Waiting {
  readonly acks: Set<string>;
  readonly responses: Set<string>;
  readonly listeners: Listeners;
}

/** Questions of this member, each until its time is over. */
export class OpenQueries {
  readonly #waiting = new Map<string, Waiting>();
  readonly #closers = new Set<() => void>();
  readonly #deps: { clock: Clock; log: Logger; meter: Meter; membersMax: () => number };

  /** `membersMax`: how many there are to answer. */
  constructor(deps: { clock: Clock; log: Logger; meter: Meter; membersMax: () => number }) {
    this.#deps = deps;
  }

  get size(): number {
    return this.#waiting.size;
  }

  open(query: Pick<QueryMessage, "ltime" | "id" | "timeoutMs">, listeners: Listeners): OpenQuery {
    const key = keyOf(query);
    const { promise, resolve } = Promise.withResolvers<void>();
    const close = () => {
      timer.cancel();
      this.#waiting.delete(key);
      this.#closers.delete(close);
      resolve();
    };
    const timer = this.#deps.clock.after(query.timeoutMs, close);
    this.#waiting.set(key, { acks: new Set(), responses: new Set(), listeners });
    this.#closers.add(close);
    return { done: promise, close };
  }

  /** Each member counts once, and no more of them than there are: relays and forgers send copies. */
  receive(response: QueryResponse): void {
    const { log, meter, membersMax } = this.#deps;
    const waiting = this.#waiting.get(keyOf(response));
    if (waiting === undefined) {
      log.debug("reply for non-running query", { from: response.from, ltime: response.ltime, id: response.id });
      return;
    }
    const kind = response.isAck ? "acks" : "responses";
    const seen = waiting[kind];
    if (seen.has(response.from)) {
      meter.count(`serf.query_duplicate_${kind}`);
      return;
    }
    if (seen.size >= membersMax()) return;
    seen.add(response.from);
    meter.count(`serf.query_${kind}`);
    if (response.isAck) waiting.listeners.onAck?.(response.from);
    else waiting.listeners.onResponse?.(response.from, response.payload);
  }

  /** Nobody waits any longer. */
  close(): void {
    for (const close of [...this.#closers]) close();
  }
}

function keyOf({ ltime, id }: { ltime: number; id: number }): string {
  return `${ltime}/${id}`;
}
