import type { Clock } from "../../ports/clock.ts";
import type { Logger } from "../../ports/logger.ts";
import type { Random } from "../../ports/random.ts";
import type { Endpoint, QueryMessage, QueryResponse, Relay } from "../messages.ts";
import type { SwimPort } from "../swim/delegate.ts";
import type { IncomingQuery, PoolMember } from "../types.ts";
import { decodeSerf, encodeSerf } from "../wire/serf.ts";
import { SERF_TYPE } from "../wire/types.ts";
import type { MemberList } from "./member-list.ts";
import type { OpenQueries } from "./open-queries.ts";
import { CONFLICT_QUERY } from "./query-names.ts";

/** Serf's QueryResponseSizeLimit, of the encoded message. */
export const RESPONSE_BYTES_MAX = 1024;
/** Members from this version on pass responses on and look at checksums. */
const RELAY_PROTOCOL_MIN = 5;
const CRC_PROTOCOL_MIN = 5;

export interface QueryRepliesOptions {
  readonly name: string;
  readonly members: MemberList;
  readonly open: OpenQueries;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly swim: () => SwimPort;
}

/** Acks and responses on their way to whoever asked: this member's own, and those that others want passed on. */
export class QueryReplies {
  readonly #options: QueryRepliesOptions;

  constructor(options: QueryRepliesOptions) {
    this.#options = options;
  }

  ack(query: QueryMessage): void {
    const { ltime, id } = query;
    const from = this.#options.name;
    this.#send(query, { type: "queryResponse", ltime, id, from, isAck: true, payload: new Uint8Array(0) });
  }

  /** The question as it is handed on; answers are taken until its time is over. */
  incoming(query: QueryMessage): IncomingQuery {
    const { clock, name: from, log } = this.#options;
    const { ltime, id, name, payload, sourceNode } = query;
    const untilMs = clock.monotonicMs() + query.timeoutMs;
    let isAnswered = false;
    return {
      name,
      payload,
      sourceNode,
      respond: (answer) => {
        const response: QueryResponse = { type: "queryResponse", ltime, id, from, isAck: false, payload: answer };
        if (isAnswered || clock.monotonicMs() > untilMs) return false;
        if (encodeSerf(response).length > RESPONSE_BYTES_MAX) {
          log.warn(`response exceeds limit of ${RESPONSE_BYTES_MAX} bytes`, { query: name });
          return false;
        }
        isAnswered = true;
        this.#send(query, response);
        return true;
      },
    };
  }

  /**
   * Hands a response to the member that it is for. Nothing else is passed on, and to nobody else: this member would lend
   * its address to whoever asks.
   */
  relay({ to, toNode, inner }: Relay): void {
    const { name, open, log } = this.#options;
    if (inner[0] !== SERF_TYPE.queryResponse) return;
    const target = this.#memberAt(to, toNode);
    if (target === undefined) {
      log.debug("relay is not done: no member has this address", { to: to.address, node: toNode });
      return;
    }
    if (target.name !== name) this.#post(target, inner);
    else {
      const response = decodeSerf(inner);
      if (response.type === "queryResponse") open.receive(response);
    }
  }

  /**
   * Nobody but a member is answered: a forged address would make the whole pool send to it. Only who asks where its own
   * name is may be known at another address than it says.
   */
  #send(query: QueryMessage, response: QueryResponse): void {
    const { name, open, log } = this.#options;
    if (query.sourceNode === name) {
      open.receive(response);
      return;
    }
    const asker = this.#memberAt(query.at, query.sourceNode) ?? this.#claimant(query);
    if (asker === undefined) {
      log.debug("query is not answered: no member has this address", { from: query.sourceNode, to: query.at.address });
      return;
    }
    this.#post(asker, encodeSerf(response));
    this.#sendByOthers(query, response);
  }

  /** The same once more through some others, for where packets are lost. */
  #sendByOthers(query: QueryMessage, response: QueryResponse): void {
    const { members, name, log } = this.#options;
    if (query.relayFactor === 0 || members.size < query.relayFactor + 1) return;
    const relay = encodeSerf({
      type: "relay",
      to: query.at,
      toNode: query.sourceNode,
      inner: encodeSerf(response),
    });
    if (relay.length > RESPONSE_BYTES_MAX) {
      log.warn(`relayed response exceeds limit of ${RESPONSE_BYTES_MAX} bytes`, { query: query.name });
      return;
    }
    const able = [...members.members()].filter(
      (member) =>
        member.status === "alive" && member.versions.protocolMax >= RELAY_PROTOCOL_MIN && member.name !== name,
    );
    for (let sent = 0; sent < query.relayFactor && able.length > 0; sent++) {
      const at = Math.floor(this.#options.random.float() * able.length);
      for (const member of able.splice(at, 1)) this.#post(member, relay);
    }
  }

  #claimant({ name, at, sourceNode, payload }: QueryMessage): Pick<PoolMember, "at" | "versions"> | undefined {
    const known = this.#options.members.get(sourceNode);
    if (known === undefined || name !== CONFLICT_QUERY || new TextDecoder().decode(payload) !== sourceNode)
      return undefined;
    return { at, versions: known.versions };
  }

  #post({ at, versions }: Pick<PoolMember, "at" | "versions">, payload: Uint8Array): void {
    this.#options.swim().send(at, payload, versions.protocolMax >= CRC_PROTOCOL_MIN);
  }

  /** Peers before Serf 0.9 don't say the name. */
  #memberAt(to: Endpoint, name: string): PoolMember | undefined {
    const isAt = (member: PoolMember) => member.at.address === to.address && member.at.port === to.port;
    const named = this.#options.members.get(name);
    if (named !== undefined && isAt(named)) return named;
    for (const member of this.#options.members.members()) if (isAt(member)) return member;
    return undefined;
  }
}
