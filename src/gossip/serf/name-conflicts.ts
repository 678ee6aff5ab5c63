import { WireError } from "../../codec/wire-error.ts";
import { Refusal } from "../../lib/refusal.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Logger } from "../../ports/logger.ts";
import type { Alive, Endpoint } from "../messages.ts";
import type { SwimMember } from "../swim/delegate.ts";
import type { QueryOptions } from "../types.ts";
import { decodeSerf } from "../wire/serf.ts";
import type { OpenQuery } from "./open-queries.ts";
import type { SerfOptions } from "./options.ts";
import { CONFLICT_QUERY } from "./query-names.ts";

/** The membership tells a conflict again with each message about it; it is told on once in this time. */
const QUIET_MS = 60_000;

export interface NameConflictsOptions extends Pick<SerfOptions, "onNameConflict" | "onConflictLost"> {
  readonly name: string;
  readonly ask: (name: string, payload: Uint8Array, options: QueryOptions) => OpenQuery;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Two members with one name: the second is not taken in. It is said, and when it is this one's name all may be asked. */
export class NameConflicts {
  readonly #options: NameConflictsOptions;
  #lastLine = "";
  #lastMs = Number.NEGATIVE_INFINITY;
  #isVoting = false;
  #isClosed = false;

  constructor(options: NameConflictsOptions) {
    this.#options = options;
  }

  seen(existing: SwimMember, other: Alive): void {
    const { name, log, onNameConflict } = this.#options;
    const fields = { at: textOf(existing.at), other: textOf(other.at) };
    if (!this.#isNews(`${existing.name} ${fields.other}`)) return;
    if (existing.name !== name) {
      log.warn(`Name conflict for '${existing.name}': the second member of this name is not taken in`, fields);
      return;
    }
    log.error("another member has this one's name: names must be unique, so change one of them", fields);
    onNameConflict(other.at);
    if (this.#options.onConflictLost !== undefined) void this.#vote(existing.at);
  }

  close(): void {
    this.#isClosed = true;
  }

  #isNews(line: string): boolean {
    const nowMs = this.#options.clock.monotonicMs();
    if (line === this.#lastLine && nowMs - this.#lastMs < QUIET_MS) return false;
    this.#lastLine = line;
    this.#lastMs = nowMs;
    return true;
  }

  /** All are asked where the member of this name is; this one keeps it when more than half say: here. */
  async #vote(at: Endpoint): Promise<void> {
    if (this.#isVoting) return;
    this.#isVoting = true;
    const { log, onConflictLost } = this.#options;
    try {
      const { matching, responses } = await this.#count(at);
      // Nobody else knows the name, or there is no time left: no reason to go.
      if (responses === 0 || this.#isClosed) return;
      const isWon = matching >= Math.floor(responses / 2) + 1;
      log.warn(`${isWon ? "majority" : "minority"} in name conflict resolution`, { matching, responses });
      if (!isWon) onConflictLost?.(matching, responses);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      log.error(`can't ask who has this member's name: ${error.message}`);
    } finally {
      this.#isVoting = false;
    }
  }

  async #count(at: Endpoint): Promise<{ matching: number; responses: number }> {
    const { name, ask, log } = this.#options;
    const votes = { matching: 0, responses: 0 };
    const query = ask(CONFLICT_QUERY, new TextEncoder().encode(name), {
      onResponse: (from, payload) => {
        const known = knownAddress(payload);
        if (known === undefined) {
          log.warn("answer about a name conflict can't be read", { from });
          return;
        }
        votes.responses++;
        if (known.address === at.address && known.port === at.port) votes.matching++;
      },
    });
    await query.done;
    return votes;
  }
}

function knownAddress(payload: Uint8Array): Endpoint | undefined {
  try {
    const response = decodeSerf(payload);
    return response.type === "conflictResponse" ? response.member.at : undefined;
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

function textOf({ address, port }: Endpoint): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
