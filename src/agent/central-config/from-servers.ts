import { Pauses } from "../../lib/pauses.ts";
import { ServiceConfig, type ServiceConfigRequest } from "../../model/service-config.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Random } from "../../ports/random.ts";
import type { ServiceConfigSource } from "./source.ts";

/** Reads that wait at servers at a time; with more services the others are read anew when one of these is over. */
const WAITING_MAX = 512;
/** A read that waits comes back after this, so that a lost server is noticed. */
const WAIT_S = 300;
const RETRY_MS_MIN = 1000;
const RETRY_MS_MAX = 60_000;
/** Between two reads of the same, whatever changes. */
const PAUSE_MS = 100;

/** An answer of a server, read whole. */
interface Answer {
  readonly status: number;
  /** `X-Consul-Index`, 0 without. */
  readonly index: number;
  readonly body: string;
}

export interface ServersDeps {
  /** `GET path` at a server of this datacenter. Rejects when none can be reached. */
  get(path: string, signal: AbortSignal): Promise<Answer>;
  readonly clock: Clock;
  readonly random: Pick<Random, "float">;
}

/** What a client agent hears of its servers, by one waiting read a service. */
export class ServiceConfigsOfServers implements ServiceConfigSource {
  readonly isRemote = true;
  readonly #deps: ServersDeps;
  readonly #watches = new Set<AbortController>();
  readonly #pauses: Pauses;
  readonly #queue: (() => void)[] = [];
  #waiting = 0;

  constructor(deps: ServersDeps) {
    this.#deps = deps;
    this.#pauses = new Pauses(deps.clock);
  }

  watch(
    request: ServiceConfigRequest,
    onConfig: (config: ServiceConfig) => void,
    onFailure: (error: unknown) => void,
  ): () => void {
    const controller = new AbortController();
    this.#watches.add(controller);
    void this.#follow(pathOf(request), controller.signal, { onConfig, onFailure });
    return () => {
      this.#watches.delete(controller);
      controller.abort();
    };
  }

  /** Whoever was not reached may be there again: what waits to be tried again is tried now. */
  retry(): void {
    this.#pauses.end();
  }

  close(): void {
    for (const controller of this.#watches) controller.abort();
    this.#watches.clear();
  }

  async #follow(
    path: string,
    signal: AbortSignal,
    told: { onConfig: (config: ServiceConfig) => void; onFailure: (error: unknown) => void },
  ): Promise<void> {
    let index = 0;
    let known = "";
    let failures = 0;
    while (!signal.aborted) {
      try {
        const answer = await this.#read(path, index, signal);
        if (signal.aborted) return;
        failures = 0;
        // An index that goes back is of another state: what follows is not to be waited for from the old one.
        index = answer.index < index ? 0 : Math.max(1, answer.index);
        if (answer.body !== known) told.onConfig(ServiceConfig.parse(JSON.parse(answer.body)));
        known = answer.body;
        await this.#pauses.pause(PAUSE_MS, signal);
      } catch (error) {
        if (signal.aborted) return;
        index = 0;
        failures++;
        told.onFailure(error);
        const limitMs = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** (failures - 1));
        await this.#pauses.pause(limitMs * (0.5 + this.#deps.random.float() / 2), signal);
      }
    }
  }

  async #read(path: string, index: number, signal: AbortSignal): Promise<Answer> {
    if (index === 0) return checked(await this.#deps.get(path, signal));
    await this.#enter();
    try {
      signal.throwIfAborted();
      return checked(await this.#deps.get(`${path}&index=${index}&wait=${WAIT_S}s`, signal));
    } finally {
      this.#waiting--;
      this.#queue.shift()?.();
    }
  }

  async #enter(): Promise<void> {
    while (this.#waiting >= WAITING_MAX) await new Promise<void>((resolve) => this.#queue.push(resolve));
    this.#waiting++;
  }
}

function checked(answer: Answer): Answer {
  if (answer.status !== 200) throw new Error(`a server answered ${answer.status}: ${answer.body}`);
  return answer;
}

function pathOf({ name, upstreams }: ServiceConfigRequest): string {
  const query = upstreams.map((upstream) => `&upstream=${encodeURIComponent(upstream)}`).join("");
  return `/v1/internal/service-config/${encodeURIComponent(name)}?stale${query}`;
}
