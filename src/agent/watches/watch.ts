import { encodeGoJson } from "../../lib/go-json.ts";
import { pause } from "../../lib/pause.ts";
import { type WatchAnswer, watchAnswers } from "../../model/watch/answering.ts";
import type { WatchDefinition } from "../../model/watch/definition.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Logger } from "../../ports/logger.ts";
import type { ConcurrencyLimit } from "../checks/limit.ts";
import type { CallHandler, Delivery } from "./handlers.ts";
import type { Delivered, DeliveryLedger } from "./ledger.ts";

export interface WatchDeps {
  /** Asks the API; see `Answering.ask`. */
  ask(definition: WatchDefinition, cursor: string, signal: AbortSignal): Promise<WatchAnswer>;
  readonly call: CallHandler;
  readonly ledger: DeliveryLedger;
  /** Handlers of all watches that may run at once. */
  readonly room: ConcurrencyLimit;
  readonly clock: Clock;
  readonly log: Logger;
  /** The agent stops: handlers that run are ended. */
  readonly stopping: AbortSignal;
}

/** An HTTP handler that failed is called again after this, twice as long after each further failure. */
const AGAIN_MS = 1_000;
const AGAIN_MS_MAX = 60_000;
/** As Consul prints what has no index. */
const NO_INDEX = "0";

/**
 * One running watch. Its handler is called with each answer that differs from the last one it was called with, never twice
 * at a time: what changes meanwhile is one more call, with the newest.
 */
export class Watch {
  readonly #definition: WatchDefinition;
  readonly #key: string;
  readonly #deps: WatchDeps;
  readonly #closing = new AbortController();
  /** What the handler was called with last. */
  #last: Delivered | undefined;
  /** The newest answer that nobody has looked at yet. */
  #newest: WatchAnswer | undefined;
  #isWorking = false;
  #working: Promise<void> = Promise.resolve();
  #asking: Promise<void> = Promise.resolve();

  /** `key` is this watch's name in the ledger. */
  constructor(definition: WatchDefinition, key: string, deps: WatchDeps) {
    this.#definition = definition;
    this.#key = key;
    this.#deps = deps;
  }

  /** `before`: the end of the watch that this one replaces, so that they do not call one handler at a time. */
  start(before: Promise<void> | undefined): void {
    this.#asking = this.#ask(before);
  }

  /** Asks no more and calls no more; a handler that runs may come to its end. Resolves when all is over. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#asking;
    await this.#working;
  }

  async #ask(before: Promise<void> | undefined): Promise<void> {
    await before;
    this.#last = this.#deps.ledger.lastOf(this.#key);
    const { clock, log, ask } = this.#deps;
    const { type, question } = this.#definition;
    const answers = watchAnswers(
      {
        waitsBy: question.waitsBy,
        clock,
        ask: (cursor, signal) => ask(this.#definition, cursor, signal),
        onFailure: (error, retry) => log.error("Watch errored", { type, error, retry }),
      },
      this.#closing.signal,
    );
    for await (const answer of answers) {
      this.#newest = answer;
      if (!this.#isWorking) this.#working = this.#work();
    }
  }

  async #work(): Promise<void> {
    this.#isWorking = true;
    try {
      await this.#deliver();
    } catch (error) {
      // Handlers and the ledger tell their failures themselves; whatever else it is, the watch goes on.
      this.#deps.log.error("a watch could not deliver", { type: this.#definition.type, error: String(error) });
    } finally {
      this.#isWorking = false;
    }
  }

  /** Delivers until there is nothing new. */
  async #deliver(): Promise<void> {
    const { signal } = this.#closing;
    const mayFail = this.#definition.handler.kind === "http";
    let failures = 0;
    while (this.#newest !== undefined && !signal.aborted) {
      const answer = this.#newest;
      const delivery = this.#deliveryOf(answer);
      const hash = delivery === undefined ? undefined : await sha256(delivery.json);
      if (delivery === undefined || hash === undefined || this.#isOld(hash, delivery.index)) {
        this.#looked(answer);
        continue;
      }
      const isTaken = await this.#call(delivery);
      if (isTaken || !mayFail) {
        this.#last = { hash, index: delivery.index };
        this.#looked(answer);
        failures = 0;
        if (isTaken) await this.#deps.ledger.delivered(this.#key, this.#last);
      } else {
        failures++;
        await pause(this.#deps.clock, Math.min(AGAIN_MS * 2 ** (failures - 1), AGAIN_MS_MAX), signal);
      }
    }
  }

  #looked(answer: WatchAnswer): void {
    if (this.#newest === answer) this.#newest = undefined;
  }

  /** Undefined when the answer holds nothing to tell. */
  #deliveryOf({ body, cursor }: WatchAnswer): Delivery | undefined {
    const { question, type } = this.#definition;
    const index = question.waitsBy === "hash" ? NO_INDEX : cursor;
    try {
      const told = question.shape(body, this.#last?.index ?? "");
      // A list of events that only lost some, such as that of an agent that was just started, tells nothing.
      if (question.waitsBy === "events" && this.#last !== undefined && isEmpty(told)) return undefined;
      return { json: encodeGoJson(told), index };
    } catch (error) {
      this.#deps.log.error("the answer to a watch is not understood", { type, error: String(error) });
      return undefined;
    }
  }

  #isOld(hash: string, index: string): boolean {
    if (this.#last === undefined) return false;
    return this.#definition.question.waitsBy === "events" ? this.#last.index === index : this.#last.hash === hash;
  }

  async #call(delivery: Delivery): Promise<boolean> {
    const { room, call, stopping } = this.#deps;
    try {
      return await room.run(stopping, () => call(delivery, stopping));
    } catch (error) {
      if (stopping.aborted) return false;
      throw error;
    }
  }
}

const isEmpty = (value: unknown): boolean => Array.isArray(value) && value.length === 0;

/** In hexadecimal digits. */
export async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(digest).toHex();
}
