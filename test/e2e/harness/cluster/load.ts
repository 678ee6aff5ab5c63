import type { KvInput, KvOperation, KvOutput, Pair } from "../../../support/linearizable/consul-kv.ts";
import type { StaleRead } from "../../../support/linearizable/stale-reads.ts";
import { seeded } from "../random.ts";
import type { Cluster } from "./cluster.ts";
import type { Member } from "./member.ts";
import { type Exchange, isAnswer } from "./request.ts";

export interface LoadOptions {
  readonly clients: number;
  readonly keys: number;
  readonly seed: number;
  /** Each client rests for up to this between two requests, so that the machine is not the bottleneck. */
  readonly restMsMax: number;
  /** Every second client gives up much earlier, so that there is load while a server is silent. */
  readonly requestMsMax: number;
}

const DEFAULTS: LoadOptions = { clients: 10, keys: 8, seed: 1, restMsMax: 12, requestMsMax: 4_000 };
const IMPATIENT_MS = 400;
const VALUE_BYTES_MAX = 400;
/** After nobody could say what became of the request: a cluster without a leader may give such answers at once. */
const TROUBLE_REST_MS = 100;
const REFUSED_REST_MS = 20;
const POLL_MS = 20;

/** What an answer of status 500 says when the write was certainly not done; every other one leaves it open. */
const REFUSALS = [/No cluster leader/];

type Mode = "default" | "consistent" | "stale";

/** Clients that write and read a few keys through any server, and everything they were told. */
export class Load {
  readonly history: KvOperation[] = [];
  readonly stale: StaleRead[] = [];
  /** Of answered writes. */
  writes = 0;
  /** The longest time without an answered write. */
  longestGapMs = 0;
  readonly keys: readonly string[];
  readonly #cluster: Cluster;
  readonly #options: LoadOptions;
  #running: Promise<unknown> | undefined;
  #isStopping = false;
  #lastWriteMs = 0;

  constructor(cluster: Cluster, options: Partial<LoadOptions> = {}) {
    this.#cluster = cluster;
    this.#options = { ...DEFAULTS, ...options };
    this.keys = Array.from({ length: this.#options.keys }, (_, at) => `k/${this.#options.seed}/${at}`);
    cluster.notes.history = this.history;
    cluster.notes.stale = this.stale;
  }

  /** Begins. A client that meets an answer that must not be makes `stop` reject. */
  start(): this {
    this.#lastWriteMs = performance.now();
    const clients = Array.from({ length: this.#options.clients }, (_, at) => this.#client(at));
    this.#running = Promise.all(clients);
    this.#running.catch(() => {
      this.#isStopping = true;
    });
    return this;
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#running;
  }

  /** Until that many more writes were answered. */
  async moreWrites(count: number, msMax = 30_000): Promise<void> {
    const [wanted, deadlineMs] = [this.writes + count, performance.now() + msMax];
    while (this.writes < wanted) {
      if (this.#isStopping) await this.#running;
      if (performance.now() > deadlineMs)
        throw new Error(`${this.writes + count - wanted} of ${count} writes were answered in ${msMax} ms`);
      await Bun.sleep(POLL_MS);
    }
  }

  async #client(number: number): Promise<void> {
    const { seed, keys, restMsMax, requestMsMax } = this.#options;
    const msMax = number % 2 === 0 ? requestMsMax : Math.min(IMPATIENT_MS, requestMsMax);
    const random = seeded(seed * 1000 + number);
    const name = `c${number}`;
    const last = new Map<string, Pair>();
    for (let seq = 0; !this.#isStopping; seq++) {
      const { members } = this.#cluster;
      const member = members[Math.floor(random() * members.length)];
      const key = this.keys[Math.floor(random() * keys)];
      if (member === undefined || key === undefined) throw new Error("nobody to ask");
      const value = `${name}.${seq}.`.padEnd(8 + Math.floor(random() ** 4 * VALUE_BYTES_MAX), "x");
      const [input, mode] = choose(random(), value, last.get(key)?.index ?? 0);
      const result = await this.request(name, member, key, input, { mode, msMax });
      if (typeof result === "object") last.set(key, result);
      const restMs = result === "refused" ? REFUSED_REST_MS : result === "trouble" ? TROUBLE_REST_MS : restMsMax;
      await Bun.sleep(random() * restMs);
    }
  }

  /** One recorded request; gives the pair that it read, if any. */
  async request(
    client: string,
    member: Member,
    key: string,
    input: KvInput,
    { mode = "consistent", msMax = this.#options.requestMsMax }: { mode?: Mode; msMax?: number } = {},
  ): Promise<Pair | undefined | "refused" | "trouble"> {
    const { method, path, body } = wordsOf(key, input, mode);
    const server = member.run;
    const call = performance.now();
    const answer = await member.ask(method, path, body, msMax);
    const end = performance.now();
    const output = answer === "refused" ? answer : outputOf(input, answer);
    if (output === "refused") return isAnswer(answer) ? "trouble" : "refused";
    if (input.f === "get") {
      if (output === undefined) return "trouble";
      const pair = typeof output === "object" && output !== null ? output : undefined;
      const isStrict =
        mode === "consistent" || (mode === "default" && this.#cluster.registry.isDefaultModeLinearizable);
      if (isStrict) this.history.push({ client, key, input, call, return: end, output });
      else {
        const where = mode === "stale" ? server : `${server} by ${client} at ${call}`;
        const index = isAnswer(answer) ? answer.index : 0;
        this.stale.push({ server: where, key, call, return: end, pair: pair ?? null, index });
      }
      return mode === "stale" ? undefined : pair;
    }
    this.history.push({ client, key, input, call, return: output === undefined ? "unknown" : end, output });
    if (output === undefined) return "trouble";
    this.writes++;
    this.longestGapMs = Math.max(this.longestGapMs, end - this.#lastWriteMs);
    this.#lastWriteMs = end;
    return undefined;
  }
}

function choose(dice: number, value: string, index: number): [KvInput, Mode] {
  if (dice < 0.4) return [{ f: "put", value }, "default"];
  if (dice < 0.55) return [{ f: "cas", value, index }, "default"];
  if (dice < 0.59) return [{ f: "delete" }, "default"];
  if (dice < 0.61) return [{ f: "delete-cas", index }, "default"];
  if (dice < 0.77) return [{ f: "get" }, "consistent"];
  return [{ f: "get" }, dice < 0.92 ? "default" : "stale"];
}

function wordsOf(key: string, input: KvInput, mode: Mode): { method: string; path: string; body?: string } {
  const path = `/v1/kv/${key}`;
  switch (input.f) {
    case "get":
      return { method: "GET", path: mode === "default" ? path : `${path}?${mode}` };
    case "put":
      return { method: "PUT", path, body: input.value };
    case "cas":
      return { method: "PUT", path: `${path}?cas=${input.index}`, body: input.value };
    case "delete":
      return { method: "DELETE", path };
    case "delete-cas":
      return { method: "DELETE", path: `${path}?cas=${input.index}` };
  }
}

/** What the answer says; undefined when it does not say what became of the request. Throws when it makes no sense. */
function outputOf(input: KvInput, answer: Exchange): KvOutput | undefined | "refused" {
  if (!isAnswer(answer)) return undefined;
  const { status, text } = answer;
  if (input.f === "get") {
    if (status === 404) return null;
    if (status !== 200) return undefined;
    const [pair] = JSON.parse(text) as { Value: string | null; ModifyIndex: number }[];
    if (pair === undefined) throw new Error(`a read without a pair: ${text}`);
    return { value: atob(pair.Value ?? ""), index: pair.ModifyIndex };
  }
  if (status === 200) {
    if (text.trim() === "true") return true;
    if (text.trim() === "false") return false;
    throw new Error(`${input.f}: ${text}`);
  }
  if (status < 500) throw new Error(`${input.f}: ${status} ${text}`);
  return REFUSALS.some((refusal) => refusal.test(text)) ? "refused" : undefined;
}
