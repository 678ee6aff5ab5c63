import { WireError } from "../../codec/wire-error.ts";
import type { Logger } from "../../ports/logger.ts";
import type { Endpoint } from "../messages.ts";
import type { QueryOptions } from "../types.ts";
import { decodeSerf } from "../wire/serf.ts";
import { CONFLICT_QUERY } from "./internal-queries.ts";
import type { OpenQuery } from "./open-queries.ts";

export interface ConflictVoteOptions {
  readonly name: string;
  readonly at: Endpoint;
  readonly ask: (name: string, payload: Uint8Array, options: QueryOptions) => OpenQuery;
  readonly log: Logger;
}

/** Asks all where the member with this one's name is; this one keeps it when more than half say: here. */
export async function conflictVote({ name, at, ask, log }: ConflictVoteOptions): Promise<{
  isWon: boolean;
  matching: number;
  responses: number;
}> {
  let responses = 0;
  let matching = 0;
  const query = ask(CONFLICT_QUERY, new TextEncoder().encode(name), {
    onResponse: (from, payload) => {
      const known = knownAddress(payload);
      if (known === undefined) {
        log.warn("answer about a name conflict can't be read", { from });
        return;
      }
      responses++;
      if (known.address === at.address && known.port === at.port) matching++;
    },
  });
  await query.done;
  return { isWon: matching >= Math.floor(responses / 2) + 1, matching, responses };
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
