import { Refusal } from "../../lib/refusal.ts";
import type { Logger } from "../../ports/logger.ts";
import type { Meter } from "../../ports/meter.ts";
import type { Random } from "../../ports/random.ts";
import type { QueryFilter, QueryMessage } from "../messages.ts";
import type { SwimPort } from "../swim/delegate.ts";
import type { IncomingQuery, QueryOptions, Tags } from "../types.ts";
import { encodeSerf } from "../wire/serf.ts";
import type { LamportClock } from "./lamport-clock.ts";
import { LamportRing } from "./lamport-ring.ts";
import { OPEN_QUERIES_MAX, type OpenQueries, type OpenQuery } from "./open-queries.ts";
import type { Outbox } from "./outbox.ts";
import type { QueryReplies } from "./query-replies.ts";

/** Serf's QuerySizeLimit, of the encoded message. */
const QUERY_BYTES_MAX = 1024;
/** Serf's QueryTimeoutMult: gossip intervals that a query has for each power of ten in the pool's size. */
const TIMEOUT_MULT = 16;
const TIMEOUT_MAX_MS = 3600_000;
const RELAY_FACTOR_MAX = 255;
/** Queries with one Lamport time. */
const QUERIES_PER_TIME_MAX = 256;
/** Ids have 31 bits, as Serf's have. */
const ID_MAX = 2 ** 31;

export interface QueriesOptions {
  readonly name: string;
  readonly lamport: LamportClock;
  readonly outbox: Outbox;
  readonly open: OpenQueries;
  readonly replies: QueryReplies;
  /** Older ones are of no interest. */
  readonly minTime: number;
  readonly gossipIntervalMs: number;
  readonly random: Random;
  readonly log: Logger;
  readonly meter: Meter;
  readonly swim: () => SwimPort;
  readonly tags: () => Tags;
  readonly matches: (expression: string, text: string) => boolean;
  readonly onQuery: (query: IncomingQuery) => void;
}

/** Questions to all: asked, passed on, and handed to who answers here. */
export class Queries {
  readonly #options: QueriesOptions;
  /** Ids of what was seen. */
  readonly #ring = new LamportRing<number>();
  #lastTime: number;

  constructor(options: QueriesOptions) {
    this.#options = options;
    this.#lastTime = Math.max(options.minTime - 1, 0);
  }

  /** Of the newest query that was handed on. */
  get lastTime(): number {
    return this.#lastTime;
  }

  get defaultTimeoutMs(): number {
    const { gossipIntervalMs, swim } = this.#options;
    return gossipIntervalMs * TIMEOUT_MULT * Math.ceil(Math.log10(swim().aliveCount + 1));
  }

  /** Throws a Refusal (Serf's text) when it is too long. */
  ask(name: string, payload: Uint8Array, options: QueryOptions = {}): OpenQuery {
    const { lamport, outbox, open } = this.#options;
    if (open.size >= OPEN_QUERIES_MAX)
      throw new Refusal(`${OPEN_QUERIES_MAX} queries are open already; wait for some to end`);
    const message = this.#message(name, payload, options);
    const bytes = encodeSerf(message);
    if (bytes.length > QUERY_BYTES_MAX) throw new Refusal(`query exceeds limit of ${QUERY_BYTES_MAX} bytes`);
    lamport.stamp();
    const query = open.open(message, options);
    this.#take(message);
    outbox.add("query", bytes);
    return query;
  }

  /** One from another member, to be passed on as `bytes`. */
  receive(message: QueryMessage, bytes: Uint8Array): void {
    if (this.#take(message) && !message.noBroadcast) this.#options.outbox.add("query", bytes);
  }

  #message(name: string, payload: Uint8Array, options: QueryOptions): QueryMessage {
    const { lamport, name: sourceNode, random, swim } = this.#options;
    const self = swim().member(sourceNode);
    if (self === undefined) throw new Refusal("this member is not in the pool yet; wait until it is started");
    const timeoutMs = options.timeoutMs ?? this.defaultTimeoutMs;
    return {
      type: "query",
      ltime: lamport.time,
      id: Math.floor(random.float() * ID_MAX),
      at: self.at,
      sourceNode,
      filters: options.filters ?? [],
      wantsAck: options.wantsAck ?? false,
      noBroadcast: false,
      relayFactor: Math.min(options.relayFactor ?? 0, RELAY_FACTOR_MAX),
      timeoutMs: Math.min(timeoutMs, TIMEOUT_MAX_MS),
      name,
      payload,
    };
  }

  /** Whether it is new. Who is not meant passes it on all the same. */
  #take(query: QueryMessage): boolean {
    const { lamport, log, meter, replies } = this.#options;
    const { ltime, name, id } = query;
    if (!lamport.witness(ltime)) {
      log.warn("query is not taken: its Lamport time is far ahead of this pool's", { query: name, ltime });
      return false;
    }
    if (ltime < this.#options.minTime) return false;
    if (this.#ring.isTooOld(ltime, lamport.time)) {
      log.warn("received old query", { query: name, ltime, current: lamport.time });
      return false;
    }
    const seen = this.#ring.at(ltime);
    if (seen.includes(id) || seen.length >= QUERIES_PER_TIME_MAX) return false;
    seen.push(id);
    this.#lastTime = Math.max(this.#lastTime, ltime);
    meter.count("serf.queries");
    if (!query.filters.every((filter) => this.#isMeant(filter))) return true;
    if (query.wantsAck) replies.ack(query);
    this.#options.onQuery(replies.incoming(query));
    return true;
  }

  #isMeant(filter: QueryFilter): boolean {
    if (filter === undefined) return false;
    if (filter.kind === "nodes") return filter.names.includes(this.#options.name);
    return this.#options.matches(filter.expression, this.#options.tags()[filter.tag] ?? "");
  }
}
