import { zValidator } from "@hono/zod-validator";
import type { Context } from "hono";
import { z } from "zod";
import { assert } from "../lib/assert.ts";
import { Refusal } from "../lib/refusal.ts";
import type { SparseTimer } from "../lib/sparse-timer.ts";
import type { QueryResult } from "../state/query.ts";
import { blockingRead } from "./blocking.ts";
import { readBody } from "./body.ts";
import { refuseBadCacheControl } from "./cache-control.ts";
import { type Basis, basisOf, freshnessHeaders, ownFreshness, VOUCHED } from "./consistency.ts";
import type { Connection, Consensus, HttpDeps, HttpEnv } from "./deps.ts";
import type { BodyLimits, Forwarded } from "./elsewhere.ts";
import { acceptsGzip } from "./gzip.ts";
import { decodeJsonBody } from "./json-body.ts";
import type { ReadQuery } from "./query-schema.ts";
import { type ReadOptions, readOptions } from "./read-options.ts";
import {
  type Encoded,
  encodeReply,
  INDEX_HEADER,
  indexText,
  NO_HEADERS,
  type ResponseForm,
  toResponse,
} from "./respond.ts";
import type { Answer, ResponseCache } from "./response-cache.ts";
import { type ApiRequest, type Freshness, isReply, type Reply, type Route, reply, text } from "./route.ts";
import type { WaitingLimit } from "./waiting-limit.ts";

export type AnyRoute = Route<Route["method"], string, z.ZodType, z.ZodType, z.ZodType, unknown>;
type Ctx = Context<HttpEnv>;
/** Whether the caller has this answer already. */
type IsKnown = (answer: Answer) => boolean;

export interface EndpointDeps {
  http: HttpDeps;
  /** What the handlers of all routes need, together. */
  api: unknown;
  cache: ResponseCache;
  waiting: WaitingLimit;
  /** Measures the requests to this row. */
  timer: SparseTimer;
}

/** One row of the table as a function from a request to its answer. */
export class Endpoint {
  readonly route: AnyRoute;
  readonly #deps: EndpointDeps;
  /** Made when a query first comes: schemas are compiled at their first use, which a start should not wait for. */
  #validateQuery: ReturnType<typeof queryValidator> | undefined;
  #noQuery: Record<string, unknown> | undefined;
  readonly #lastParam: { name: string; prefixLength: number } | undefined;

  constructor(route: AnyRoute, deps: EndpointDeps) {
    this.route = route;
    this.#deps = deps;
    const last = /^(.*\/):(\w+)\{\.\*\}$/.exec(route.path);
    this.#lastParam = last === null ? undefined : { name: last[2] ?? "", prefixLength: last[1]?.length ?? 0 };
  }

  async answer(c: Ctx): Promise<Response> {
    const { http } = this.#deps;
    try {
      if (this.#isOfServers) return await this.#forward(c, undefined);
      const query = c.req.url.includes("?") ? await this.#query(c) : this.#withoutQuery();
      const named = this.route.ofPrimary ? http.settings().primaryDatacenter : query.dc;
      if (this.route.datacenterOf === undefined && this.#isElsewhere(named)) return await this.#forward(c, named);
      this.#checkNamespace(c, query);
      const bytes = this.route.body === undefined ? undefined : await this.#bytes(c);
      const body = bytes === undefined ? undefined : this.#decoded(bytes);
      const datacenter = this.route.datacenterOf?.(body);
      if (this.#isElsewhere(datacenter)) return await this.#forward(c, datacenter, bytes);
      const request = this.#request(c, query, body);
      if (this.route.read !== undefined) return await this.#answerRead(c, request as ApiRequest<ReadQuery>);
      const answer = await this.route.handle?.(request as never, this.#deps.api);
      return this.#send(c, answer ?? {}, NO_HEADERS);
    } catch (error) {
      if (error instanceof Refusal) return this.#send(c, refusalReply(error), this.#refusalHeaders(error));
      http.log.error("request failed", { method: c.req.method, path: c.req.path, error: String(error) });
      return this.#send(c, text("internal error", 500), NO_HEADERS);
    }
  }

  async #query(c: Ctx): Promise<Record<string, unknown>> {
    this.#validateQuery ??= queryValidator(this.route.query);
    await this.#validateQuery(c as never, async () => undefined);
    const query = (c.req as unknown as { valid(target: "query"): Record<string, unknown> }).valid("query");
    const { forwarded } = c.env.connection;
    return forwarded !== undefined && query.near === AGENT_WORD ? { ...query, near: forwarded.node } : query;
  }

  #withoutQuery(): Record<string, unknown> {
    this.#noQuery ??= this.route.query.parse({}) as Record<string, unknown>;
    return this.#noQuery;
  }

  /** Whether this agent is a client, and only servers answer the route. */
  get #isOfServers(): boolean {
    return this.#deps.http.consensus === undefined && this.route.answeredBy === undefined;
  }

  #isElsewhere(datacenter: unknown): datacenter is string {
    if (typeof datacenter !== "string" || datacenter === "" || isOfOneAgent(this.route)) return false;
    return datacenter.toLowerCase() !== this.#deps.http.settings().datacenter.toLowerCase();
  }

  /** The answer of a server: of another datacenter, or on a client agent of the own one, which passes it on further. */
  async #forward(c: Ctx, datacenter: string | undefined, body?: Uint8Array): Promise<Response> {
    const { elsewhere, consensus, settings } = this.#deps.http;
    const { connection } = c.env;
    if (elsewhere === undefined) throw new Refusal("No path to datacenter");
    const waits = this.route.isEndless === true || WAITS.test(c.req.url);
    const leave = waits ? this.#enter(connection) : NOTHING;
    const end = () => {
      connection.release();
      leave();
    };
    connection.holdOpen();
    let isOver = true;
    try {
      const answer = await elsewhere.forward(consensus === undefined ? undefined : datacenter, {
        raw: c.req.raw,
        address: connection.remoteAddress(),
        forwarded: connection.forwarded,
        onEnd: end,
        ...(body === undefined ? {} : { body }),
      });
      isOver = !(answer.body instanceof ReadableStream);
      const { responseHeaders } = connection.forwarded === undefined ? settings() : { responseHeaders: NO_HEADERS };
      return toResponse({ ...answer, headers: { ...answer.headers, ...responseHeaders } });
    } finally {
      if (isOver) end();
    }
  }

  #checkNamespace(c: Ctx, { ns }: Record<string, unknown>): void {
    if (!this.route.namespaced) return;
    if (typeof ns === "string" && ns !== "") throw noNamespaces('query parameter: "ns"');
    if (c.req.raw.headers.get(NAMESPACE_HEADER)) throw noNamespaces('header: "X-Consul-Namespace"');
  }

  #bytes(c: Ctx): Promise<Uint8Array> {
    return readBody(c.req.raw, this.#deps.http.settings().jsonBodyBytesMax);
  }

  #decoded(bytes: Uint8Array): unknown {
    const { body = z.undefined(), bodyErrorPrefix = "Request decode failed: " } = this.route;
    return decodeJsonBody(body, bytes, bodyErrorPrefix);
  }

  #request(c: Ctx, query: unknown, body: unknown): ApiRequest<unknown, unknown> {
    return {
      params: this.#params(c),
      query,
      body,
      raw: c.req.raw,
      token: () => callerToken(c),
      readable: () => this.#readable(c, query as Partial<ReadQuery>),
      askedNode: c.env.connection.forwarded?.node,
      isFar: (datacenter) => this.#isFar(c, datacenter),
      bodyLimits: () => strictest(this.#deps.http.settings().bodyLimits, c.env.connection.forwarded?.bodyLimits),
      remoteAddress: () => c.env.connection.remoteAddress(),
      onClose: () => {
        const leave = this.#enter(c.env.connection);
        c.env.connection.holdOpen();
        return leave;
      },
    };
  }

  /** Counts a waiting request of a caller. What another agent passed on is counted there. */
  #enter({ forwarded, remoteAddress }: Connection): () => void {
    return forwarded === undefined ? this.#deps.waiting.enter(remoteAddress()) : NOTHING;
  }

  /** Parameters in the middle of a path are Hono's business, the last one may hold slashes or be empty. */
  #params(c: Ctx): Record<string, string> {
    if (this.#lastParam === undefined) return c.req.param() as Record<string, string>;
    const { name, prefixLength } = this.#lastParam;
    const rest = rawPath(c.req.url).slice(prefixLength);
    if (!rest.includes("%")) return { [name]: rest };
    try {
      return { [name]: decodeURIComponent(rest) };
    } catch {
      throw new Refusal("", 400);
    }
  }

  async #answerRead(c: Ctx, request: ApiRequest<ReadQuery>): Promise<Response> {
    refuseBadCacheControl(c.req.raw.headers);
    const options = this.#readOptions(c, request.query);
    const isKnown = this.#waitsWhile(request.query, options);
    const read = this.#reader(c, request, options, isKnown !== undefined);
    if (this.#ofCluster) return this.#answerOfCluster(c, read, isKnown, this.#asked(c, request.query, options));
    const first = read();
    const answer = isKnown?.(first) ? await this.#wait(c, first, read, isKnown, options) : first;
    return toResponse(answer.encoded);
  }

  async #answerOfCluster(c: Ctx, read: () => Answer, isKnown: IsKnown | undefined, options: ReadOptions) {
    const consensus = this.#consensus;
    const asked = basisOf(options, consensus);
    const basis = typeof asked === "string" ? asked : await asked;
    let answer = read();
    if (isKnown?.(answer)) {
      answer = await this.#wait(c, answer, read, isKnown, options);
      // What was true when the wait began stands, unless nobody knows whether there is anything newer.
      if (options.consistency === "default" && !consensus.knownLeader() && !this.#isOver(c)) {
        await consensus.readIndex(false);
        answer = read();
      }
      return this.#respond(answer.encoded, ownFreshness(consensus), options, basis);
    }
    // The process may have been stopped between the look at the lease and the reading.
    if (basis === "lease" && !consensus.hasLease()) {
      await consensus.readIndex(false);
      answer = read();
    }
    return this.#respond(answer.encoded, basis === "stale" ? ownFreshness(consensus) : VOUCHED, options, basis);
  }

  /** Reads from memory or anew, and keeps what it reads anew for others that ask the same. */
  #reader(c: Ctx, request: ApiRequest<ReadQuery>, options: ReadOptions, waits: boolean): () => Answer {
    const { cache, timer, api } = this.#deps;
    const { query } = request;
    // What is asked in a body is not in the key.
    const isKept = options.consistency !== "consistent" && this.route.body === undefined && isCacheable(c);
    const key = isKept ? cacheKey(waits ? withoutWait(c.req.url) : c.req.url, wantsGzip(c)) : undefined;
    const saysCache = this.#saysCache(c, query);
    const fresh = (): Answer => {
      const result = this.route.read?.(request as never, api) as QueryResult<unknown>;
      const encoded = this.#encodeResult(c, result, query, options);
      const kept = saysCache ? withHeaders(encoded, { "X-Cache": "HIT", Age: "0" }) : encoded;
      if (key !== undefined) cache.put(key, { encoded: kept, result, timer });
      return { encoded: saysCache ? withHeaders(encoded, { "X-Cache": "MISS" }) : encoded, result, timer };
    };
    // Thousands may wait for one key: the first that is woken makes the answer of all.
    return () => (key === undefined ? undefined : cache.get(key)) ?? fresh();
  }

  /** Nobody needs more than what there is: this agent stops, or the caller has gone. */
  #isOver(c: Ctx): boolean {
    return this.#deps.http.publisher.isClosed || c.req.raw.signal.aborted;
  }

  #saysCache(c: Ctx, query: ReadQuery): boolean {
    if (this.route.agentCache !== true || query.cached !== true) return false;
    const { ignoresCached } = c.env.connection.forwarded ?? this.#deps.http.settings();
    return ignoresCached !== true;
  }

  /** The state here follows the leader's: it is what the cache of Consul's agents is, which is asked by `cached`. */
  #asked(c: Ctx, query: ReadQuery, options: ReadOptions): ReadOptions {
    const isStale = this.#saysCache(c, query) && options.consistency === "default";
    return isStale ? { ...options, consistency: "stale" } : options;
  }

  #readOptions(c: Ctx, query: Partial<ReadQuery>): ReadOptions {
    const { settings, random } = this.#deps.http;
    const { waitLimits } = settings();
    const { forwarded } = c.env.connection;
    const limits = forwarded === undefined ? waitLimits : { ...waitLimits, ...maxStaleOf(forwarded) };
    return readOptions(query, limits, random, this.route.effectiveConsistency);
  }

  async #readable(c: Ctx, query: Partial<ReadQuery>): Promise<Freshness> {
    const consensus = this.#consensus;
    const basis = await basisOf(this.#readOptions(c, query), consensus);
    return basis === "stale" ? ownFreshness(consensus) : VOUCHED;
  }

  get #consensus(): Consensus {
    const { consensus } = this.#deps.http;
    assert(consensus !== undefined, "only servers answer of the replicated state");
    return consensus;
  }

  /** Answers are kept with the headers that most are sent with: those of the leader. */
  #respond(encoded: Encoded, freshness: Freshness, { consistency }: ReadOptions, basis: Basis): Response {
    const fellBack = consistency === "stale" && basis === "leader" && this.route.effectiveConsistency === true;
    if (freshness === VOUCHED && !fellBack) return toResponse(encoded);
    const more = fellBack ? { "X-Consul-Effective-Consistency": "leader" } : {};
    return toResponse(withHeaders(encoded, { ...freshnessHeaders(freshness), ...more }));
  }

  /** Whether the answer is of the replicated state, not of this agent alone. */
  get #ofCluster(): boolean {
    return this.route.blocking === undefined || this.route.blocking === "index";
  }

  /** The answers that the caller already has, or undefined when it does not want to wait. */
  #waitsWhile(query: ReadQuery, options: ReadOptions): IsKnown | undefined {
    switch (this.route.blocking) {
      case "index":
        return options.minIndex > 0 ? ({ result }) => result.index <= options.minIndex : undefined;
      case "version":
        return options.minIndex > 0 ? ({ result }) => result.version === query.index : undefined;
      case "hash":
        return query.hash ? ({ result }) => result.version === query.hash : undefined;
      default:
        return undefined;
    }
  }

  async #wait(c: Ctx, first: Answer, read: () => Answer, isKnown: IsKnown, options: ReadOptions): Promise<Answer> {
    const { publisher, clock, consensus } = this.#deps.http;
    const { connection } = c.env;
    const confirm = options.consistency === "consistent" ? consensus?.readIndex.bind(consensus, true) : undefined;
    const leave = this.#enter(connection);
    connection.holdOpen();
    try {
      const deps = { publisher, clock, signal: c.req.raw.signal, confirm };
      return await blockingRead(first, read, isKnown, options.waitMs, deps);
    } finally {
      connection.release();
      leave();
    }
  }

  #encodeResult(c: Ctx, result: QueryResult<unknown>, query: ReadQuery, options: ReadOptions): Encoded {
    const answer = isReply(result.value) ? result.value : { json: this.#finished(c, result.value, query) };
    return encodeReply(answer, this.#form(c), this.#readHeaders(result, options));
  }

  #finished(c: Ctx, value: unknown, { filter }: ReadQuery): unknown {
    const { route } = this;
    const kept = filter && route.filter ? route.filter(value, filter) : value;
    return route.fromAfar && this.#isFar(c, this.#deps.http.settings().datacenter) ? route.fromAfar(kept) : kept;
  }

  #isFar(c: Ctx, datacenter: string): boolean {
    const { datacenter: own, translatesWanAddresses } = this.#deps.http.settings();
    const { forwarded } = c.env.connection;
    const from = forwarded === undefined && translatesWanAddresses ? own : forwarded?.farFrom;
    return from !== undefined && from.toLowerCase() !== datacenter.toLowerCase();
  }

  #readHeaders(result: QueryResult<unknown>, options: ReadOptions): Record<string, string> {
    if (this.route.blocking === "version") return { "X-Consul-Index": result.version ?? "1" };
    if (this.route.blocking === "hash") return { "X-Consul-Contenthash": result.version ?? "" };
    const headers: Record<string, string> = {
      [INDEX_HEADER]: indexText(result.index),
      ...VOUCHED_HEADERS,
    };
    if (this.route.effectiveConsistency) {
      headers["X-Consul-Effective-Consistency"] = options.consistency === "default" ? "leader" : options.consistency;
    }
    return headers;
  }

  #refusalHeaders({ status, outcome }: Refusal): Record<string, string> {
    const { method, read, bareRefusals, readsByHandle } = this.route;
    if (outcome !== undefined && method !== "GET") return { [OUTCOME_HEADER]: outcome };
    // A read that failed carries the headers of one that saw nothing; 400 and 404 are said before the state is asked.
    if ((read === undefined && !readsByHandle) || bareRefusals || !this.#ofCluster || status === 400 || status === 404)
      return {};
    return { "X-Consul-Index": "1", "X-Consul-Knownleader": "false", "X-Consul-Lastcontact": "0" };
  }

  #send(c: Ctx, answer: Reply, headers: Record<string, string>): Response {
    return toResponse(encodeReply(answer, this.#form(c), headers));
  }

  #form(c: Ctx): ResponseForm {
    return formOf(c.req.raw, c.env.connection, this.#deps.http);
  }
}

const VOUCHED_HEADERS = freshnessHeaders(VOUCHED);

function queryValidator(schema: z.ZodType) {
  return zValidator("query", schema, (result) => {
    if (!result.success) throw new Refusal(result.error.issues[0]?.message ?? "invalid query", 400);
  });
}

/** Whether what is asked is about the very agent that is asked. */
export const isOfOneAgent = ({ answeredBy }: Pick<AnyRoute, "answeredBy">): boolean =>
  answeredBy === "agent" || answeredBy === "server";

/** The form that a caller gets its answer in. */
export function formOf(raw: Request, { forwarded }: Connection, http: HttpDeps): ResponseForm {
  const gzip = acceptsGzip(raw.headers);
  // The agent that was asked adds its own headers.
  if (forwarded !== undefined) return { pretty: forwarded.pretty || hasPretty(raw.url), gzip, headers: NO_HEADERS };
  const { alwaysPretty, responseHeaders } = http.settings();
  return { pretty: alwaysPretty || hasPretty(raw.url), gzip, headers: responseHeaders };
}

function refusalReply({ message, status }: Refusal): Reply {
  return message === "" ? reply({ status }) : text(message, status);
}

function noNamespaces(where: string): Refusal {
  return new Refusal(`Bad request: Invalid ${where} - Namespaces are a Consul Enterprise feature`, 400);
}

const withHeaders = (encoded: Encoded, more: Readonly<Record<string, string>>): Encoded => ({
  ...encoded,
  headers: { ...encoded.headers, ...more },
});

/** Answers that depend on more than the URL and the state are not kept. */
function isCacheable(c: Ctx): boolean {
  const { url } = c.req;
  if (callerToken(c) !== "" || url.includes("near=_ip")) return false;
  const { forwarded } = c.env.connection;
  return forwarded === undefined || (hasPlainWishes(forwarded) && !url.includes(`near=${AGENT_WORD}`));
}

/** Whether the agent that was asked has said nothing that changes answers. */
export function hasPlainWishes({ pretty, discoveryMaxStaleMs, ignoresCached, farFrom }: Forwarded): boolean {
  return !pretty && discoveryMaxStaleMs === 0 && !ignoresCached && farFrom === undefined;
}

const maxStaleOf = ({ discoveryMaxStaleMs }: Forwarded) => ({ discoveryMaxStaleMs });

function strictest(own: BodyLimits, asked = own): BodyLimits {
  return {
    kvValueBytesMax: Math.min(own.kvValueBytesMax, asked.kvValueBytesMax),
    txnBytesMax: Math.min(own.txnBytesMax, asked.txnBytesMax),
  };
}

/** Whether an answer that was kept may be given: what else a request can say is looked at by the endpoint. */
export function takesKeptAnswer(raw: Request): boolean {
  return !raw.headers.has(NAMESPACE_HEADER) && !raw.headers.has("cache-control") && callerTokenOf(raw) === "";
}

export function cacheKey(url: string, gzip: boolean): string {
  return gzip ? `z${url}` : url;
}

/** A URL without what only says how long to wait: the answer is that of the same read without waiting. */
export function withoutWait(url: string): string {
  return url
    .replace(/([?&])(?:index|wait|hash)=[^&]*/g, "$1")
    .replace(/&{2,}/g, "&")
    .replace(/\?&/, "?")
    .replace(/[?&]$/, "");
}

/** The path as it came, undecoded, without the query. */
export function rawPath(url: string): string {
  const from = url.indexOf("/", url.indexOf("//") + 2);
  const queryAt = url.indexOf("?", from);
  return from < 0 ? "/" : url.slice(from, queryAt < 0 ? undefined : queryAt);
}

const PRETTY = /[?&]pretty(=|&|$)/;
const hasPretty = (url: string): boolean => url.includes("pretty") && PRETTY.test(url);

/** Tells a client whether a write that failed is certain not to happen: see `Refusal`. */
const OUTCOME_HEADER = "X-Muster-Outcome";
const NAMESPACE_HEADER = "x-consul-namespace";

/** `?near=` of the node whose agent is asked. */
const AGENT_WORD = "_agent";
/** The caller may wait for its answer. */
const WAITS = /[?&](?:index|hash)=[^&]/;
const NOTHING = () => undefined;

const wantsGzip = (c: Ctx): boolean => acceptsGzip(c.req.raw.headers);

const callerToken = (c: Ctx): string => callerTokenOf(c.req.raw);

/** The query parameter wins over the headers (observed, Consul 1.8.7). */
export function callerTokenOf(raw: Request): string {
  const fromQuery = raw.url.includes("token=") ? new URL(raw.url).searchParams.get("token") : null;
  if (fromQuery) return fromQuery;
  const bearer = raw.headers.get("authorization");
  return raw.headers.get("x-consul-token") ?? (bearer?.startsWith("Bearer ") ? bearer.slice(7) : "");
}
