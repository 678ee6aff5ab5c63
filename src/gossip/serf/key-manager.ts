import { WireError } from "../../codec/wire-error.ts";
import { Refusal } from "../../lib/refusal.ts";
import type { KeyResponse } from "../messages.ts";
import type { KeysResult, QueryOptions } from "../types.ts";
import { decodeSerf, encodeSerf } from "../wire/serf.ts";
import type { OpenQuery } from "./open-queries.ts";
import { KEY_QUERY } from "./query-names.ts";

/** Keys of all members together; no ring in use has more than a few. */
const KEYS_MAX = 1024;
const BASE64_QUANTUM = 4;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

export interface KeyManagerOptions {
  readonly ask: (name: string, payload: Uint8Array, options: QueryOptions) => OpenQuery;
  /** Members that are expected to answer. */
  readonly memberCount: () => number;
}

interface OrderOptions {
  readonly relayFactor?: number;
}

/** Gives orders about keys to all members and sums up what they say. One at a time: each is to see what the last one did. */
export class KeyManager {
  readonly #options: KeyManagerOptions;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: KeyManagerOptions) {
    this.#options = options;
  }

  list(options: OrderOptions = {}): Promise<KeysResult> {
    return this.#inTurn(() => this.#order(KEY_QUERY.list, new Uint8Array(0), options));
  }

  /** Keys are given in base64; rejects with a Refusal when it is none. */
  install(key: string, options: OrderOptions = {}): Promise<KeysResult> {
    return this.#inTurn(() => this.#order(KEY_QUERY.install, keyBytes(key), options));
  }

  use(key: string, options: OrderOptions = {}): Promise<KeysResult> {
    return this.#inTurn(() => this.#order(KEY_QUERY.use, keyBytes(key), options));
  }

  remove(key: string, options: OrderOptions = {}): Promise<KeysResult> {
    return this.#inTurn(() => this.#order(KEY_QUERY.remove, keyBytes(key), options));
  }

  #inTurn<T>(order: () => Promise<T>): Promise<T> {
    const done = this.#last.then(order);
    this.#last = done.catch(() => undefined);
    return done;
  }

  /** Over when all have answered, or the time is. */
  async #order(name: string, key: Uint8Array, { relayFactor = 0 }: OrderOptions): Promise<KeysResult> {
    const sum = new KeysSum(this.#options.memberCount());
    let query: OpenQuery | undefined;
    query = this.#options.ask(name, encodeSerf({ type: "keyRequest", key }), {
      relayFactor,
      onResponse: (from, payload) => {
        sum.add(from, payload);
        if (sum.responses === sum.members) query?.close();
      },
    });
    if (sum.responses === sum.members) query.close();
    await query.done;
    return sum;
  }
}

class KeysSum implements KeysResult {
  readonly messages = new Map<string, string>();
  readonly keys = new Map<string, number>();
  readonly primaryKeys = new Map<string, number>();
  readonly members: number;
  responses = 0;
  errors = 0;

  constructor(members: number) {
    this.members = members;
  }

  add(from: string, payload: Uint8Array): void {
    this.responses++;
    const response = keyResponse(payload);
    if (typeof response === "string") {
      this.errors++;
      this.messages.set(from, response);
      return;
    }
    if (!response.result) this.errors++;
    if (!response.result || response.message !== "") this.messages.set(from, response.message);
    for (const key of new Set(response.keys)) count(this.keys, key);
    if (response.primaryKey !== "") count(this.primaryKeys, response.primaryKey);
  }
}

function count(counts: Map<string, number>, key: string): void {
  if (counts.size < KEYS_MAX || counts.has(key)) counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** The response, or what is wrong with it. */
function keyResponse(payload: Uint8Array): KeyResponse | string {
  try {
    const response = decodeSerf(payload);
    return response.type === "keyResponse" ? response : `Invalid key query response type: ${response.type}`;
  } catch (error) {
    if (error instanceof WireError) return `Failed to decode key query response: ${error.message}`;
    throw error;
  }
}

/** As Go reads base64: ends of lines are passed over. Throws a Refusal with its text, which names the first bad byte. */
function keyBytes(text: string): Uint8Array {
  const plain = text.replace(/[\r\n]/g, "");
  if (!BASE64.test(plain)) {
    const bad = text.search(/[^A-Za-z0-9+/=\r\n]/);
    const at = bad < 0 ? plain.length - (plain.length % BASE64_QUANTUM) : bad;
    throw new Refusal(`illegal base64 data at input byte ${at}`, 400);
  }
  return new Uint8Array(Buffer.from(plain, "base64"));
}
