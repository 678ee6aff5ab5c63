import { type Context, Hono } from "hono";
import { RegExpRouter } from "hono/router/reg-exp-router";
import { VERSION } from "../lib/version.ts";
import type { Connection, HttpDeps, HttpEnv } from "./deps.ts";
import {
  type AnyRoute,
  cacheKey,
  Endpoint,
  formOf,
  hasPlainWishes,
  isOfOneAgent,
  rawPath,
  takesKeptAnswer,
} from "./endpoint.ts";
import { acceptsGzip } from "./gzip.ts";
import { ACL_DISABLED, ACL_ROUTES, LATER_ROUTES, notYet } from "./later.ts";
import { measured, measureName, requestTimer } from "./measured.ts";
import { openApiDocument } from "./openapi.ts";
import { encodeReply, NO_HEADERS, toResponse } from "./respond.ts";
import { ResponseCache } from "./response-cache.ts";
import { type Reply, reply, text } from "./route.ts";
import type { OpenApiDeps } from "./routes/openapi.ts";
import { WaitingLimit } from "./waiting-limit.ts";

/** The HTTP edge as a function: give it each request with what the listener knows of its connection. */
export interface HttpApp {
  fetch(raw: Request, connection: Connection): Response | Promise<Response>;
}

/** Mounts the table of routes. `deps` is what all handlers need together that are called on this agent. */
export function createHttpApp(routes: readonly AnyRoute[], http: HttpDeps, deps: object): HttpApp {
  let document: Record<string, unknown> | undefined;
  // Made when it is first asked for: few ask, and the schemas are many.
  const openApi = () => (document ??= openApiDocument(routes, VERSION));
  const api = { ...deps, ...({ openApi } satisfies OpenApiDeps) };
  const cache = new ResponseCache(http.publisher);
  const waiting = new WaitingLimit(() => http.settings().waitingPerClientMax);
  const hono = new Hono<HttpEnv>({ router: new RegExpRouter() });
  const say = (raw: Request, connection: Connection, reply: Reply) =>
    toResponse(encodeReply(reply, formOf(raw, connection, http), NO_HEADERS));
  const plain = (c: Context<HttpEnv>, reply: Reply) => say(c.req.raw, c.env.connection, reply);
  const mounted = mountedPaths(routes, (route) => {
    const timer = requestTimer(measureName(route.method, route.path), http);
    const endpoint = new Endpoint(route, { http, api, cache, waiting, timer });
    const answer = measured(timer, (c: Context<HttpEnv>) => endpoint.answer(c));
    const isOwn = isOfOneAgent(route);
    if (route.answeredBy === "server" && http.consensus === undefined) return (c) => plain(c, NO_SERVER);
    if (route.method === "GET" && !isOwn) return answer;
    return (c) => {
      // What this agent asks of itself has made no hop.
      if (isOwn && (c.env.connection.forwarded?.hops ?? 0) > 0) return plain(c, MISLED);
      return route.method === "GET" || mayWrite(c, http) ? answer(c) : plain(c, RESTRICTED);
    };
  });
  for (const { path, methods, answer } of unbuilt()) {
    for (const method of methods) mount(mounted, path, method, (c) => plain(c, answer));
  }
  const ownMethods = new Set(routes.filter((route) => route.ownMethods).map(({ path }) => path));
  for (const [path, methods] of mounted) {
    const allow = [...methods.keys()].join(",");
    const elseOf = ownMethods.has(path) ? ownElseReply : elseReply;
    hono.all(wildcardOf(path), (c) => methods.get(c.req.method)?.(c) ?? plain(c, elseOf(c.req.method, allow)));
  }
  const redirects = subtreePaths([...mounted.keys()]);
  hono.all("/", () => new Response("Consul Agent", { headers: TEXT }));
  hono.notFound(() => new Response(null, { status: 404 }));

  return {
    fetch(raw, connection) {
      const cached = raw.method === "GET" ? cachedAnswer(cache, raw, connection, http) : undefined;
      if (cached !== undefined) return cached;
      const request = absolute(raw);
      const { forwarded } = connection;
      const takesUnprintable = forwarded !== undefined || http.settings().takesUnprintablePaths === true;
      const refused = misdirected(request, redirects, takesUnprintable);
      if (refused !== undefined) return refused;
      const blocked = forwarded === undefined && isBlocked(request, http);
      return blocked ? say(request, connection, BLOCKED) : hono.fetch(request, { connection });
    },
  };
}

/** The kept answer with the headers of a leader: only who has the lease may give it without a further question. */
function cachedAnswer(
  cache: ResponseCache,
  raw: Request,
  { forwarded }: Connection,
  { consensus }: HttpDeps,
): Response | undefined {
  const answer = cache.get(cacheKey(raw.url, acceptsGzip(raw.headers)));
  if (answer === undefined || !takesKeptAnswer(raw) || consensus?.hasLease() !== true) return undefined;
  if (forwarded !== undefined && !hasPlainWishes(forwarded)) return undefined;
  const call = answer.timer.start();
  const response = toResponse(answer.encoded);
  if (call !== undefined) answer.timer.stop(call);
  return response;
}

/** Bun gives a bare path as the URL of an HTTP/1.0 request without Host, or with a bad one: HAProxy's checks. */
function absolute(raw: Request): Request {
  return raw.url.charCodeAt(0) === SLASH ? new Request(`http://localhost${raw.url}`, raw) : raw;
}
const SLASH = 47;

/** What Go's router does before any handler: unprintable paths are refused, unclean ones and bare subtrees redirected. */
function misdirected(request: Request, subtrees: ReadonlySet<string>, takesUnprintable: boolean): Response | undefined {
  const { url } = request;
  const path = rawPath(url);
  const queryAt = url.indexOf("?");
  const query = queryAt < 0 ? "" : url.slice(queryAt);
  if (path.includes("%")) {
    if (HALF_ESCAPE.test(path)) return new Response("400 Bad Request", { status: 400, headers: TEXT });
    if (!takesUnprintable && hasUnprintable(path)) return new Response(null, { status: 400 });
  }
  if (path.includes("//") || path.includes("/%2F") || path.includes("/%2f")) {
    return redirect(
      request,
      path.replace(/(\/|%2[Ff])+/g, (run) => (run.startsWith("/") && run.length > 1 ? "/" : run)) + query,
    );
  }
  return subtrees.has(path) ? redirect(request, `${path}/${query}`) : undefined;
}

const HALF_ESCAPE = /%(?![0-9a-f]{2})/i;

function hasUnprintable(path: string): boolean {
  return /%(0[0-9a-f]|1[0-9a-f]|7f)/i.test(path);
}

function redirect(request: Request, location: string): Response {
  const body =
    request.method === "GET" ? `<a href="${location.replace(/&/g, "&amp;")}">Moved Permanently</a>.\n\n` : null;
  return new Response(body, {
    status: 301,
    headers: { location, ...(body === null ? {} : { "content-type": "text/html; charset=utf-8" }) },
  });
}

const TEXT = { "content-type": "text/plain; charset=utf-8" };
const RESTRICTED = text("Access is restricted", 403);
/** Nodes pass on only what any server may answer, and nobody gets around an agent's own rules by another one. */
const MISLED = text("only the agent that is asked answers this", 403);
const NO_SERVER = text("this must be asked of the server that it is about: this agent is none", 400);
const BLOCKED = text("Endpoint is blocked by agent configuration", 403);

/** `http_config.allow_write_http_from`: by method alone, as in Consul; what was passed on was judged where it came in. */
function mayWrite(c: Context<HttpEnv>, http: HttpDeps): boolean {
  const { mayWrite } = http.settings();
  return (
    mayWrite === undefined || c.env.connection.forwarded !== undefined || mayWrite(c.env.connection.remoteAddress())
  );
}

function isBlocked(request: Request, http: HttpDeps): boolean {
  const { blockedEndpoints } = http.settings();
  if (blockedEndpoints.length === 0) return false;
  const { pathname } = new URL(request.url);
  return blockedEndpoints.some((prefix) => pathname.startsWith(prefix));
}

/** Of a path that is there: OPTIONS tells its methods, any other is not allowed. */
function elseReply(method: string, others: string): Reply {
  const allow = `OPTIONS,${others}`;
  if (method === "OPTIONS") return reply({ headers: { allow } });
  return reply({ status: 405, body: `method ${method} not allowed`, headers: { allow, ...TEXT } });
}

/** The same where Consul's handler says it, see `Route.ownMethods`. */
function ownElseReply(method: string, allow: string): Reply {
  if (method === "OPTIONS") return reply({ json: {}, headers: { allow: `OPTIONS,${allow}` } });
  return reply({ status: 405, body: `method ${method} not allowed`, headers: { allow, ...TEXT } });
}

/** Consul's routes that are not built yet answer with one line that says so. */
function unbuilt() {
  return [
    ...LATER_ROUTES.map((route) => ({ ...route, answer: text(notYet(route), 501) })),
    ...ACL_ROUTES.map((route) => ({ ...route, answer: text(ACL_DISABLED, 401) })),
  ];
}

type Answer = (c: Context<HttpEnv>) => Response | Promise<Response>;
type Mounted = Map<string, Map<string, Answer>>;

/** What answers, by path and then by method. */
function mountedPaths(routes: readonly AnyRoute[], answerOf: (route: AnyRoute) => Answer): Mounted {
  const mounted: Mounted = new Map();
  for (const route of routes) mount(mounted, route.path, route.method, answerOf(route));
  return mounted;
}

function mount(mounted: Mounted, path: string, method: string, answer: Answer): void {
  const methods = mounted.get(path) ?? new Map<string, Answer>();
  mounted.set(path, methods.set(method, answer));
}

/** `/v1/kv/*` for `/v1/kv/:key{.*}`: the one form of a last parameter that Hono's fast router takes. */
export function wildcardOf(path: string): string {
  return path.endsWith("{.*}") ? `${path.slice(0, path.lastIndexOf("/:"))}/*` : path;
}

/** `/v1/kv` for `/v1/kv/:key{.*}`: asked without its slash, a subtree redirects to itself with it. */
function subtreePaths(paths: readonly string[]): ReadonlySet<string> {
  const plain = new Set(paths);
  const subtrees = paths.flatMap((path) => (path.includes("/:") ? [path.slice(0, path.indexOf("/:"))] : []));
  return new Set(subtrees.filter((path) => !plain.has(path)));
}
