import { decodeGoJson, encodeGoJson } from "../lib/go-json.ts";
import type { ApiContext } from "./context.ts";
import { sleep } from "./sleep.ts";

const TTL_MS = 15_000;

/** The session that holds a lock: renewed at half its TTL until it is ended. */
export class LockSession {
  readonly id: string;
  readonly #context: ApiContext;
  readonly #ended = new AbortController();

  private constructor(context: ApiContext, id: string) {
    this.#context = context;
    this.id = id;
  }

  /** Creates a session and keeps it alive. `behavior` is left out for the server's default, which is `release`. */
  static async start(context: ApiContext, name: string, behavior?: "delete"): Promise<LockSession> {
    const body = encodeGoJson({ Name: name, TTL: `${TTL_MS / 1000}s`, ...(behavior ? { Behavior: behavior } : {}) });
    const created = decodeGoJson(await context.api.put("/v1/session/create", { body })) as { readonly ID: string };
    const session = new LockSession(context, created.ID);
    void session.#renew();
    return session;
  }

  /** Stops renewing and destroys the session, which also frees what a lost connection left held. */
  async end(): Promise<void> {
    this.#ended.abort();
    await this.#context.api.put(`/v1/session/destroy/${this.id}`);
  }

  /** A renewal that fails is tried again at once a second later: the TTL leaves time, and the monitor tells of a loss. */
  async #renew(): Promise<void> {
    const { signal } = this.#ended;
    let pauseMs = TTL_MS / 2;
    while (await sleep(this.#context.clock, pauseMs, signal)) {
      try {
        await this.#context.api.put(`/v1/session/renew/${this.id}`, { signal });
        pauseMs = TTL_MS / 2;
      } catch {
        pauseMs = 1_000;
      }
    }
  }
}
