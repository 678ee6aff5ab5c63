import { formatDurationNs, NS_PER_MS, parseDurationNs } from "../../lib/duration.ts";
import { Refusal } from "../../lib/refusal.ts";
import { SESSION_BEHAVIORS, type Session } from "../../model/session.ts";
import type { Logger } from "../../ports/logger.ts";
import type { Random } from "../../ports/random.ts";
import type { Propose } from "../propose.ts";
import type { SessionTimers } from "../session-timers.ts";

export type SessionRequest = Omit<Session, "ID" | "CreateIndex" | "ModifyIndex">;

const TTL_NS_MAX = 24 * 3600e9;
const RETRY_MS = 1000;

/** Sessions as the leader runs them: validation, ids, and the clocks that end them. */
export class SessionEndpoint {
  readonly #propose: Propose;
  readonly #random: Random;
  readonly #timers: SessionTimers;
  readonly #find: (id: string) => Session | undefined;
  readonly #ttlNsMin: () => number;

  constructor(deps: {
    propose: Propose;
    random: Random;
    timers: SessionTimers;
    find: (id: string) => Session | undefined;
    /** `session_ttl_min`. */
    ttlNsMin: () => number;
  }) {
    this.#propose = deps.propose;
    this.#random = deps.random;
    this.#timers = deps.timers;
    this.#find = deps.find;
    this.#ttlNsMin = deps.ttlNsMin;
  }

  /** Resolves with the new session's id; Refusals in Consul's words. */
  async create(request: SessionRequest): Promise<string> {
    if (request.Node === "") throw new Refusal("Must provide Node");
    const Behavior = request.Behavior === "" ? "release" : request.Behavior;
    if (!(SESSION_BEHAVIORS as readonly string[]).includes(Behavior)) {
      throw new Refusal(`Invalid Behavior setting '${Behavior}'`);
    }
    const ttlNs = this.#checkTtl(request.TTL);
    const session = { ID: this.#random.uuid(), ...request, Behavior };
    await this.#propose({ type: "session.create", session });
    this.#timers.start(session.ID, ttlNs / NS_PER_MS);
    return session.ID;
  }

  async destroy(id: string): Promise<void> {
    await this.#propose({ type: "session.destroy", ids: [id] });
    this.#timers.stop(id);
  }

  /** The session with its clock started anew, or undefined when there is none. */
  renew(id: string): Session | undefined {
    const session = this.#find(id);
    if (session !== undefined) this.startTimer(session);
    return session;
  }

  startTimer(session: { ID: string; TTL: string }): void {
    this.#timers.start(session.ID, session.TTL === "" ? 0 : parseDurationNs(session.TTL) / NS_PER_MS);
  }

  #checkTtl(ttl: string): number {
    if (ttl === "") return 0;
    let ttlNs = 0;
    try {
      ttlNs = parseDurationNs(ttl);
    } catch (error) {
      throw new Refusal(`Session TTL '${ttl}' invalid: ${(error as Error).message}`);
    }
    const ttlNsMin = this.#ttlNsMin();
    if (ttlNs !== 0 && (ttlNs < ttlNsMin || ttlNs > TTL_NS_MAX)) {
      const range = `[${formatDurationNs(ttlNsMin)}=${formatDurationNs(TTL_NS_MAX)}]`;
      throw new Refusal(`Invalid Session TTL '${ttlNs}', must be between ${range}`);
    }
    return ttlNs;
  }
}

/** What a session's clock does when it rings: the end of a session is a log entry, tried again until it is in. */
export function expireSession(deps: {
  propose: Propose;
  log: Logger;
  timers: () => SessionTimers;
  exists: (id: string) => boolean;
}): (id: string) => void {
  return (id) => {
    if (!deps.exists(id)) return;
    deps.log.debug("session TTL expired", { session: id });
    deps.propose({ type: "session.destroy", ids: [id] }).catch((error: unknown) => {
      // A deposed leader's clocks are stopped: the next leader starts its own.
      deps.log.warn("session could not be ended, will try again", { session: id, error: String(error) });
      deps.timers().start(id, RETRY_MS);
    });
  };
}
