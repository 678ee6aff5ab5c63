import { doubled, followIndex, type IndexedAnswer } from "../../lib/follow-index.ts";
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

export interface ServersDeps {
  /** `GET path` at a server of this datacenter. Rejects when none can be reached. */
  get(path: string, signal: AbortSignal): Promise<IndexedAnswer>;
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

  #follow(
    path: string,
    signal: AbortSignal,
    told: { onConfig: (config: ServiceConfig) => void; onFailure: (error: unknown) => void },
  ): Promise<void> {
    const { random } = this.#deps;
    let known = "";
    return followIndex(
      {
        read: (index) => this.#read(path, index, signal),
        take({ body }) {
          if (body !== known) told.onConfig(ServiceConfig.parse(JSON.parse(body)));
          known = body;
        },
        onFailure: (_failures, error) => told.onFailure(error),
        retryMs: (failures) => doubled(failures, RETRY_MS_MIN, RETRY_MS_MAX) * (0.5 + random.float() / 2),
        roundPauseMs: PAUSE_MS,
        pause: (delayMs) => this.#pauses.pause(delayMs, signal),
      },
      signal,
    );
  }

  async #read(path: string, index: number, signal: AbortSignal): Promise<IndexedAnswer> {
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

function checked(answer: IndexedAnswer): IndexedAnswer {
  if (answer.status !== 200) throw new Error(`a server answered ${answer.status}: ${answer.body}`);
  return answer;
}

function pathOf({ name, upstreams }: ServiceConfigRequest): string {
  const query = upstreams.map((upstream) => `&upstream=${encodeURIComponent(upstream)}`).join("");
  return `/v1/internal/service-config/${encodeURIComponent(name)}?stale${query}`;
}
