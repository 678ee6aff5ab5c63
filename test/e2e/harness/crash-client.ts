import { ask } from "./ask.ts";
import { Belief } from "./belief.ts";

export const SHARED_KEY = "shared";
const KEYS_PER_CLIENT = 6;
const VALUE_BYTES_MAX = 600;

/** A change of the shared key that was answered with true. */
export interface Swap {
  readonly fromIndex: number;
  readonly value: string;
}

/** What all clients together were told. */
export interface Told {
  answers: number;
  readonly swaps: Swap[];
  /** Swaps of the shared key that were sent; those that are not in `swaps` were refused or not answered. */
  readonly sentSwaps: Set<string>;
  /** Highest X-Consul-Index of any answer. */
  indexMax: number;
}

/** The server is gone: the request may or may not have been carried out. */
class Gone extends Error {}

/** One of many that change things until the server goes away. It is the only one that changes what is its own. */
export class CrashClient {
  readonly keys = new Map<string, Belief>();
  readonly lockKey: string;
  readonly lockHolder = new Belief();
  readonly service = new Belief();
  readonly node = new Belief();
  /** By ID; "live" while the session exists. */
  readonly sessions = new Map<string, Belief>();
  readonly name: string;
  readonly #random: () => number;
  readonly #told: Told;
  #url = "";
  #seq = 0;

  constructor(name: string, random: () => number, told: Told) {
    this.name = name;
    this.#random = random;
    this.#told = told;
    this.lockKey = `lock/${name}`;
    for (let at = 0; at < KEYS_PER_CLIENT; at++) this.keys.set(`own/${name}/${at}`, new Belief());
  }

  /** Until the server at `url` is gone. Rejects when an answer is one that it must not give. */
  async run(url: string): Promise<void> {
    this.#url = url;
    try {
      for (;;) await this.#step();
    } catch (error) {
      if (!(error instanceof Gone)) throw error;
    }
  }

  async #step(): Promise<void> {
    const dice = this.#random();
    if (dice < 0.35) await this.#put();
    else if (dice < 0.5) await this.#cas();
    else if (dice < 0.6) await this.#remove();
    else if (dice < 0.75) await this.#swap();
    else if (dice < 0.9) await this.#lock();
    else if (dice < 0.96) await this.#serve();
    else await this.#register();
  }

  #value(): string {
    const value = `${this.name}-${this.#seq++}-`;
    return value.padEnd(value.length + Math.floor(this.#random() ** 4 * VALUE_BYTES_MAX), "x");
  }

  #ownKey(): [string, Belief] {
    const all = [...this.keys];
    return all[Math.floor(this.#random() * all.length)] as [string, Belief];
  }

  async #put(): Promise<void> {
    const [key, belief] = this.#ownKey();
    const value = this.#value();
    await belief.change(value, () => this.#true("PUT", `/v1/kv/${key}`, value));
    if (this.#random() < 0.5) await this.#look(key, belief);
  }

  async #cas(): Promise<void> {
    const [key, belief] = this.#ownKey();
    const { value: before, index } = belief.sure;
    if (before !== null && index === 0) return this.#look(key, belief);
    const value = this.#value();
    const cas = before === null ? 0 : index;
    await belief.change(value, () => this.#true("PUT", `/v1/kv/${key}?cas=${cas}`, value));
    // An index that is not the key's own.
    await this.#false("PUT", `/v1/kv/${key}?cas=${index + 1_000_000}`, "never written");
  }

  async #remove(): Promise<void> {
    const [key, belief] = this.#ownKey();
    await belief.change(null, () => this.#true("DELETE", `/v1/kv/${key}`));
  }

  /** All clients compete for one key. */
  async #swap(): Promise<void> {
    const { status, text } = await this.#ask("GET", `/v1/kv/${SHARED_KEY}`);
    const [pair] = status === 200 ? (JSON.parse(text) as { Value: string; ModifyIndex: number }[]) : [];
    const count = pair === undefined ? 0 : Number.parseInt(atob(pair.Value), 10);
    const fromIndex = pair?.ModifyIndex ?? 0;
    const value = `${count + 1} ${this.#value()}`;
    this.#told.sentSwaps.add(value);
    const answer = await this.#ask("PUT", `/v1/kv/${SHARED_KEY}?cas=${fromIndex}`, value);
    if (answer.text === "true") this.#told.swaps.push({ fromIndex, value });
    else {
      this.#expect(answer.status === 200 && answer.text === "false", answer.text);
      this.#told.sentSwaps.delete(value);
    }
  }

  async #lock(): Promise<void> {
    const [id, session] = [...this.sessions].find(([, { sure }]) => sure.value !== null) ?? [];
    if (id === undefined || session === undefined) return this.#createSession();
    const holder = this.lockHolder.sure.value;
    if (holder === null || holder === "") {
      await this.lockHolder.change(id, () => this.#true("PUT", `/v1/kv/${this.lockKey}?acquire=${id}`, "held"));
    } else if (this.#random() < 0.6) {
      await this.lockHolder.change("", () => this.#true("PUT", `/v1/kv/${this.lockKey}?release=${id}`, "free"));
    } else {
      const destroy = () => this.#true("PUT", `/v1/session/destroy/${id}`);
      // Its lock goes with it.
      await session.change(null, () => this.lockHolder.change("", destroy));
    }
  }

  async #createSession(): Promise<void> {
    const ttl = this.#random() < 0.5 ? { TTL: "3600s" } : {};
    const { status, text } = await this.#ask("PUT", "/v1/session/create", { Name: this.name, LockDelay: 0, ...ttl });
    this.#expect(status === 200, text);
    const belief = new Belief();
    await belief.change("live", () => Promise.resolve());
    this.sessions.set((JSON.parse(text) as { ID: string }).ID, belief);
  }

  async #serve(): Promise<void> {
    const port = 1 + (this.#seq++ % 60_000);
    if (this.service.sure.value !== null && this.#random() < 0.2) {
      await this.service.change(null, () => this.#done("PUT", `/v1/agent/service/deregister/svc-${this.name}`));
      return;
    }
    const body = { ID: `svc-${this.name}`, Name: "svc", Port: port, Check: { TTL: "1h", Status: "passing" } };
    await this.service.change(String(port), () => this.#done("PUT", "/v1/agent/service/register", body));
  }

  async #register(): Promise<void> {
    const seq = String(this.#seq++);
    const body = { Node: `node-${this.name}`, Address: "127.0.0.9", NodeMeta: { seq } };
    await this.node.change(seq, () => this.#true("PUT", "/v1/catalog/register", body));
  }

  async #look(key: string, belief: Belief): Promise<void> {
    const { status, text } = await this.#ask("GET", `/v1/kv/${key}`);
    const [pair] = status === 200 ? (JSON.parse(text) as { Value: string; ModifyIndex: number }[]) : [];
    const wrong = belief.see(pair && { value: atob(pair.Value), index: pair.ModifyIndex });
    this.#expect(wrong === undefined, `${key} ${wrong}`);
  }

  async #true(method: string, path: string, body?: unknown): Promise<void> {
    const { text } = await this.#ask(method, path, body);
    this.#expect(text.trim() === "true", `${method} ${path}: ${text}`);
  }

  async #false(method: string, path: string, body: unknown): Promise<void> {
    const { text } = await this.#ask(method, path, body);
    this.#expect(text.trim() === "false", `${method} ${path}: ${text}`);
  }

  async #done(method: string, path: string, body?: unknown): Promise<void> {
    const { status, text } = await this.#ask(method, path, body);
    this.#expect(status === 200, `${method} ${path}: ${text}`);
  }

  async #ask(method: string, path: string, body?: unknown) {
    const answer = await ask(this.#url + path, method, body).catch((error: unknown) => {
      throw new Gone(String(error));
    });
    this.#told.answers++;
    this.#told.indexMax = Math.max(this.#told.indexMax, answer.index);
    return answer;
  }

  #expect(holds: boolean, otherwise: string): void {
    if (!holds) throw new Error(`${this.name}: ${otherwise}`);
  }
}
