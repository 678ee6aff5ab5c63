import { zValidator } from "@hono/zod-validator";
import type { Context } from "hono";
import type { z } from "zod";
import { Refusal } from "../lib/refusal.ts";
import type { QueryResult } from "../state/query.ts";
import { blockingRead } from "./blocking.ts";
import { readBody } from "./body.ts";
import type { HttpDeps, HttpEnv } from "./deps.ts";
import { decodeJsonBody } from "./json-body.ts";
import type { ReadQuery } from "./query-schema.ts";
import { type ReadOptions, readOptions } from "./read-options.ts";
import { type Encoded, encodeReply, toResponse } from "./respond.ts";
import type { ResponseCache } from "./response-cache.ts";
import { type ApiRequest, isReply, type Reply, type Route, text } from "./route.ts";
import type { WaitingLimit } from "./waiting-limit.ts";

export type AnyRoute = Route<Route["method"], string, z.ZodType, z.ZodType, z.ZodType, unknown>;
type Ctx = Context<HttpEnv>;

export interface EndpointDeps {
  http: HttpDeps;
  /** What the handlers of all routes need, together. */
  api: unknown;
  cache: ResponseCache;
  waiting: WaitingLimit;
}

/** One row of the table as a function from a request to its answer. */
export class Endpoint {
  readonly route: AnyRoute;
  readonly #deps: EndpointDeps;
  readonly #validateQuery;
  readonly #noQuery: Record<string, unknown>;
  readonly #lastParam: { name: string; prefixLength: number } | undefined;

  constructor(route: AnyRoute, deps: EndpointDeps) {
    this.route = route;
    this.#deps = deps;
    this.#validateQuery = zValidator("query", route.query, (result) => {
      if (!result.success) throw new Refusal(result.error.issues[0]?.message ?? "invalid query", 400);
    });
    const last = /^(.*\/):(\w+)\{\.\*\}$/.exec(route.path);
    this.#lastParam = last === null ? undefined : { name: last[2] ?? "", prefixLength: last[1]?.length ?? 0 };
    this.#noQuery = route.query.parse({}) as Record<string, unknown>;
  }

  async answer(c: Ctx): Promise<Response> {
    const { http } = this.#deps;
    try {
      const query = await this.#query(c);
      this.#checkTarget(query);
      const request = this.#request(c, query, await this.#body(c));
      if (this.route.read !== undefined) return await this.#answerRead(c, request as ApiRequest<ReadQuery, undefined>);
      const reply = await this.route.handle?.(request as never, this.#deps.api);
      return this.#send(c, reply ?? {}, {});
    } catch (error) {
      if (error instanceof Refusal) return this.#send(c, text(error.message, error.status), {});
      http.log.error("request failed", { method: c.req.method, path: c.req.path, error: String(error) });
      return this.#send(c, text("internal error", 500), {});
    }
  }

  async #query(c: Ctx): Promise<Record<string, unknown>> {
    if (!c.req.url.includes("?")) return this.#noQuery;
    await this.#validateQuery(c as never, async () => undefined);
    return (c.req as unknown as { valid(target: "query"): Record<string, unknown> }).valid("query");
  }

  #checkTarget(query: Record<string, unknown>): void {
    const { dc, ns } = query;
    if (typeof dc === "string" && dc !== "" && dc.toLowerCase() !== this.#deps.http.settings().datacenter) {
      throw new Refusal("No path to datacenter");
    }
    if (typeof ns === "string" && ns !== "" && this.route.namespaced) {
      throw new Refusal('Bad request: Invalid query parameter: "ns" - Namespaces are a Consul Enterprise feature', 400);
    }
  }

  async #body(c: Ctx): Promise<unknown> {
    if (this.route.body === undefined) return undefined;
    const bytes = await readBody(c.req.raw, this.#deps.http.settings().jsonBodyBytesMax);
    return decodeJsonBody(this.route.body, bytes, this.route.bodyErrorPrefix ?? "Request decode failed: ");
  }

  #request(c: Ctx, query: unknown, body: unknown): ApiRequest<unknown, unknown> {
    return {
      params: this.#params(c),
      query,
      body,
      raw: c.req.raw,
      token: () => callerToken(c),
      remoteAddress: () => c.env.connection.remoteAddress(),
      onClose: () => {
        const leave = this.#deps.waiting.enter(c.env.connection.remoteAddress());
        c.env.connection.holdOpen();
        return leave;
      },
    };
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

  async #answerRead(c: Ctx, request: ApiRequest<ReadQuery, undefined>): Promise<Response> {
    const { http, api } = this.#deps;
    const options = readOptions(request.query, http.settings().waitLimits, http.random);
    if (this.#ofCluster) await this.#awaitConsistency(options);
    const read = () => this.route.read?.(request as never, api) as QueryResult<unknown>;
    const isKnown = this.#waitsWhile(request.query, options);
    const result = isKnown === undefined ? read() : await this.#wait(c, read, isKnown, options.waitMs);
    const encoded = this.#encodeResult(c, result, request.query, options);
    if (isKnown === undefined && options.consistency !== "consistent" && isCacheable(c)) {
      this.#deps.cache.put(cacheKey(c.req.url, wantsGzip(c)), encoded, result.interest);
    }
    return toResponse(encoded);
  }

  /** Whether the answer is of the replicated state, not of this agent alone. */
  get #ofCluster(): boolean {
    return this.route.blocking === undefined || this.route.blocking === "index";
  }

  /** The answers that the caller already has, or undefined when it does not want to wait. */
  #waitsWhile(query: ReadQuery, options: ReadOptions): ((result: QueryResult<unknown>) => boolean) | undefined {
    switch (this.route.blocking) {
      case "index":
        return options.minIndex > 0 ? (result) => result.index <= options.minIndex : undefined;
      case "version":
        return options.minIndex > 0 ? (result) => result.version === query.index : undefined;
      case "hash":
        return query.hash ? (result) => result.version === query.hash : undefined;
      default:
        return undefined;
    }
  }

  async #awaitConsistency(options: ReadOptions): Promise<void> {
    if (options.consistency === "stale") return;
    if (options.consistency === "consistent") await this.#deps.http.consensus.verifyLeader();
    else if (!this.#deps.http.consensus.isLeader()) throw new Refusal("No cluster leader");
  }

  async #wait(
    c: Ctx,
    read: () => QueryResult<unknown>,
    isKnown: (result: QueryResult<unknown>) => boolean,
    waitMs: number,
  ): Promise<QueryResult<unknown>> {
    const { publisher, clock } = this.#deps.http;
    const { connection } = c.env;
    const leave = this.#deps.waiting.enter(connection.remoteAddress());
    connection.holdOpen();
    try {
      return await blockingRead(read, isKnown, waitMs, { publisher, clock, signal: c.req.raw.signal });
    } finally {
      connection.release();
      leave();
    }
  }

  #encodeResult(c: Ctx, result: QueryResult<unknown>, query: ReadQuery, options: ReadOptions): Encoded {
    let reply: Reply;
    if (isReply(result.value)) reply = result.value;
    else if (query.filter && this.route.filter) reply = { json: this.route.filter(result.value, query.filter) };
    else reply = { json: result.value };
    return encodeReply(reply, this.#form(c), this.#readHeaders(result, options));
  }

  #readHeaders(result: QueryResult<unknown>, options: ReadOptions): Record<string, string> {
    if (this.route.blocking === "version") return { "X-Consul-Index": result.version ?? "1" };
    if (this.route.blocking === "hash") return { "X-Consul-Contenthash": result.version ?? "" };
    const headers: Record<string, string> = {
      "X-Consul-Index": String(Math.max(1, result.index)),
      "X-Consul-Knownleader": "true",
      "X-Consul-Lastcontact": "0",
    };
    if (this.route.effectiveConsistency) {
      headers["X-Consul-Effective-Consistency"] = options.consistency === "default" ? "leader" : options.consistency;
    }
    return headers;
  }

  #send(c: Ctx, reply: Reply, headers: Record<string, string>): Response {
    return toResponse(encodeReply(reply, this.#form(c), headers));
  }

  #form(c: Ctx) {
    const { alwaysPretty, responseHeaders } = this.#deps.http.settings();
    return { pretty: alwaysPretty || hasPretty(c.req.url), gzip: wantsGzip(c), headers: responseHeaders };
  }
}

/** Answers that depend on more than the URL and the state are not kept. */
function isCacheable(c: Ctx): boolean {
  return callerToken(c) === "" && !c.req.url.includes("near=_ip");
}

export function cacheKey(url: string, gzip: boolean): string {
  return gzip ? `z${url}` : url;
}

/** The path as it came, undecoded, without the query. */
export function rawPath(url: string): string {
  const from = url.indexOf("/", url.indexOf("//") + 2);
  const queryAt = url.indexOf("?", from);
  return from < 0 ? "/" : url.slice(from, queryAt < 0 ? undefined : queryAt);
}

const PRETTY = /[?&]pretty(=|&|$)/;
const hasPretty = (url: string): boolean => url.includes("pretty") && PRETTY.test(url);

export function acceptsGzip(headers: Headers): boolean {
  return headers.get("accept-encoding")?.includes("gzip") ?? false;
}
const wantsGzip = (c: Ctx): boolean => acceptsGzip(c.req.raw.headers);

const callerToken = (c: Ctx): string => callerTokenOf(c.req.raw);

/** The query parameter wins over the headers (observed, Consul 1.8.7). */
export function callerTokenOf(raw: Request): string {
  const fromQuery = raw.url.includes("token=") ? new URL(raw.url).searchParams.get("token") : null;
  if (fromQuery) return fromQuery;
  const bearer = raw.headers.get("authorization");
  return raw.headers.get("x-consul-token") ?? (bearer?.startsWith("Bearer ") ? bearer.slice(7) : "");
}
