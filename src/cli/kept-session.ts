import { decodeGoJson, encodeGoJson } from "../lib/go-json.ts";
import { pause } from "../lib/pause.ts";
import type { ApiContext } from "./context.ts";

const TTL_MS = 15_000;

/** What a session is made with; what is left out is the server's default. */
export interface SessionWish {
  readonly Name: string;
  /** Default: `release`. */
  readonly Behavior?: "delete";
  /** Default: that of the agent that is asked. */
  readonly Node?: string;
  /** Default: the node's `serfHealth`. */
  readonly NodeChecks?: readonly string[];
}

/** A session that holds keys: renewed at half its TTL until it is ended. */
export class KeptSession {
  readonly id: string;
  readonly #context: ApiContext;
  readonly #ended = new AbortController();

  private constructor(context: ApiContext, id: string) {
    this.#context = context;
    this.id = id;
  }

  /** Creates a session and keeps it alive. */
  static async start(context: ApiContext, wish: SessionWish): Promise<KeptSession> {
    const body = encodeGoJson({ ...wish, TTL: `${TTL_MS / 1000}s` });
    const created = decodeGoJson(await context.api.put("/v1/session/create", { body })) as { readonly ID: string };
    const session = new KeptSession(context, created.ID);
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
    while (await pause(this.#context.clock, pauseMs, signal)) {
      try {
        await this.#context.api.put(`/v1/session/renew/${this.id}`, { signal });
        pauseMs = TTL_MS / 2;
      } catch {
        pauseMs = 1_000;
      }
    }
  }
}
