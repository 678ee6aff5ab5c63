import { z } from "zod";
import { doubled, followIndex, type IndexedAnswer } from "../lib/follow-index.ts";
import { pause } from "../lib/pause.ts";
import { FederationState } from "../model/federation-state.ts";
import type { Clock, Timer } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import type { StateDb } from "../state/db.ts";
import { federationStateGet, federationStateList } from "../state/federation-states/queries.ts";
import type { Propose } from "./propose.ts";

/** Datacenters that came or went are noticed after this; it asks nobody. */
const LOOK_MS = 60_000;
/** After the lead was taken there are none for a moment: the pool of all datacenters is just being opened. */
const FIRST_LOOK_MS = 1000;
/** A read that waits comes back after this. */
const WAIT_S = 300;
/** Between two reads of a datacenter, whatever changes there. */
const ROUND_PAUSE_MS = 250;
const RETRY_MS_MIN = 1000;
const RETRY_MS_MAX = 60_000;
/** What a datacenter said of itself is forgotten when it is not known for so long. */
const UNKNOWN_KEPT_MS = 72 * 3600 * 1000;

export interface FederationStateCopierDeps {
  datacenter: string;
  /** Names of all datacenters that have servers. */
  datacenters: () => readonly string[];
  /** `GET path` at a server of another datacenter. Rejects when none can be reached. */
  ask(datacenter: string, path: string, signal: AbortSignal): Promise<IndexedAnswer>;
  db: StateDb;
  propose: Propose;
  clock: Clock;
  log: Logger;
}

/** Not stale: a server that is behind would take back what was copied before. */
function pathOf(datacenter: string, index: number): string {
  const waiting = index === 0 ? "" : `?index=${index}&wait=${WAIT_S}s`;
  return `/v1/internal/federation-state/${datacenter}${waiting}`;
}

const answerSchema = z.object({ State: FederationState });

/**
 * Copies what other datacenters say of themselves while this server leads: of each one from itself, by a read that waits there. So
 * the answer is here when the line to it is cut, and no datacenter is in between.
 */
export class FederationStateCopier {
  readonly #deps: FederationStateCopierDeps;
  /** By datacenter. */
  readonly #following = new Map<string, AbortController>();
  /** When a datacenter that is copied was first missed. */
  readonly #missedSinceMs = new Map<string, number>();
  #timer: Timer | undefined;

  constructor(deps: FederationStateCopierDeps) {
    this.#deps = deps;
  }

  lead(): void {
    this.stop();
    this.#timer = this.#deps.clock.after(FIRST_LOOK_MS, () => this.#look());
  }

  stop(): void {
    this.#timer?.cancel();
    for (const controller of this.#following.values()) controller.abort();
    this.#following.clear();
    this.#missedSinceMs.clear();
  }

  #look(): void {
    const { datacenter, datacenters, clock } = this.#deps;
    const own = datacenter.toLowerCase();
    const others = new Set(datacenters().map((name) => name.toLowerCase()));
    others.delete(own);
    for (const [name, controller] of this.#following) {
      if (others.has(name)) continue;
      controller.abort();
      this.#following.delete(name);
    }
    for (const name of others) {
      if (this.#following.has(name)) continue;
      const controller = new AbortController();
      this.#following.set(name, controller);
      void this.#follow(name, controller.signal);
    }
    this.#forgetUnknown(new Set([own, ...others]));
    this.#timer = clock.after(LOOK_MS, () => this.#look());
  }

  #follow(datacenter: string, signal: AbortSignal): Promise<void> {
    const { ask, clock, log } = this.#deps;
    const text = "could not read the mesh gateways of a datacenter, will try again";
    return followIndex(
      {
        read: (index) => ask(datacenter, pathOf(datacenter, index), signal),
        take: (answer) => this.#copy(datacenter, answer),
        onFailure: (_failures, error) => log.debug(text, { datacenter, error: String(error) }),
        retryMs: (failures) => doubled(failures, RETRY_MS_MIN, RETRY_MS_MAX),
        roundPauseMs: ROUND_PAUSE_MS,
        pause: (delayMs) => pause(clock, delayMs, signal),
      },
      signal,
    );
  }

  async #copy(datacenter: string, { status, body }: IndexedAnswer): Promise<void> {
    const { db, propose } = this.#deps;
    if (status !== 200) throw new Error(`it answered ${status}: ${body}`);
    const { CreateIndex: _created, ModifyIndex: _modified, ...state } = answerSchema.parse(JSON.parse(body)).State;
    if (state.Datacenter.toLowerCase() !== datacenter) throw new Error(`it answered of ${state.Datacenter}`);
    const before = federationStateGet(db, datacenter).value;
    if (before?.UpdatedAt === state.UpdatedAt && before.PrimaryModifyIndex === state.PrimaryModifyIndex) return;
    await propose({ type: "federation-state.set", state });
  }

  #forgetUnknown(known: ReadonlySet<string>): void {
    const { db, clock, propose, log } = this.#deps;
    const nowMs = clock.monotonicMs();
    for (const { Datacenter } of federationStateList(db).value) {
      const name = Datacenter.toLowerCase();
      if (known.has(name)) {
        this.#missedSinceMs.delete(name);
        continue;
      }
      const sinceMs = this.#missedSinceMs.get(name) ?? nowMs;
      this.#missedSinceMs.set(name, sinceMs);
      if (nowMs - sinceMs < UNKNOWN_KEPT_MS) continue;
      log.info("forgets the mesh gateways of a datacenter that is gone", { datacenter: name });
      // A failure is mended by the next look.
      propose({ type: "federation-state.delete", datacenter: Datacenter }).catch(() => undefined);
    }
  }
}
