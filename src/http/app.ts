import { Hono } from "hono";
import { RegExpRouter } from "hono/router/reg-exp-router";
import type { Connection, HttpDeps, HttpEnv } from "./deps.ts";
import { type AnyRoute, acceptsGzip, cacheKey, callerTokenOf, Endpoint, rawPath } from "./endpoint.ts";
import { ACL_DISABLED, ACL_ROUTES, LATER_ROUTES, notYet } from "./later.ts";
import { toResponse } from "./respond.ts";
import { ResponseCache } from "./response-cache.ts";
import { WaitingLimit } from "./waiting-limit.ts";

/** The HTTP edge as a function: give it each request with what the listener knows of its connection. */
export interface HttpApp {
  fetch(raw: Request, connection: Connection): Response | Promise<Response>;
}

/** Mounts the table of routes. `api` is what all their handlers need together. */
export function createHttpApp(routes: readonly AnyRoute[], http: HttpDeps, api: unknown): HttpApp {
  const cache = new ResponseCache(http.publisher);
  const waiting = new WaitingLimit(() => http.settings().waitingPerClientMax);
  const hono = new Hono<HttpEnv>({ router: new RegExpRouter() });
  for (const [path, methods] of byPath(routes)) {
    const endpoints = new Map(
      methods.map((route) => [route.method as string, new Endpoint(route, { http, api, cache, waiting })]),
    );
    const allow = ["OPTIONS", ...endpoints.keys()].join(",");
    hono.all(wildcardOf(path), (c) => {
      const endpoint = endpoints.get(c.req.method);
      if (endpoint !== undefined) return endpoint.answer(c);
      const headers = { allow, vary: "Accept-Encoding" };
      if (c.req.method === "OPTIONS") return new Response(null, { headers });
      return new Response(`method ${c.req.method} not allowed`, {
        status: 405,
        headers: { ...headers, "content-type": "text/plain; charset=utf-8" },
      });
    });
  }
  for (const { path, methods, answer } of unbuilt()) {
    hono.on([...methods], [wildcardOf(path)], () => answer());
  }
  const redirects = subtreePaths(routes);
  hono.notFound(() => new Response(null, { status: 404, headers: { vary: "Accept-Encoding" } }));

  return {
    fetch(raw, connection) {
      const cached = raw.method === "GET" && http.consensus.isLeader() ? cachedAnswer(cache, raw) : undefined;
      if (cached !== undefined) return cached;
      const request = absolute(raw);
      return misdirected(request, redirects) ?? blocked(request, http) ?? hono.fetch(request, { connection });
    },
  };
}

function cachedAnswer(cache: ResponseCache, raw: Request): Response | undefined {
  const encoded = cache.get(cacheKey(raw.url, acceptsGzip(raw.headers)));
  if (encoded === undefined || callerTokenOf(raw) !== "") return undefined;
  return toResponse(encoded);
}

/** Bun gives a bare path as the URL of an HTTP/1.0 request without Host, or with a bad one: HAProxy's checks. */
function absolute(raw: Request): Request {
  return raw.url.charCodeAt(0) === SLASH ? new Request(`http://localhost${raw.url}`, raw) : raw;
}
const SLASH = 47;

/** What Go's router does before any handler: unprintable paths are refused, unclean ones and bare subtrees redirected. */
function misdirected(request: Request, subtrees: ReadonlySet<string>): Response | undefined {
  const { url } = request;
  const path = rawPath(url);
  const queryAt = url.indexOf("?");
  const query = queryAt < 0 ? "" : url.slice(queryAt);
  if (path.includes("%") && hasUnprintable(path)) return new Response(null, { status: 400 });
  if (path.includes("//") || path.includes("/%2F") || path.includes("/%2f")) {
    return redirect(
      request,
      path.replace(/(\/|%2[Ff])+/g, (run) => (run.startsWith("/") && run.length > 1 ? "/" : run)) + query,
    );
  }
  return subtrees.has(path) ? redirect(request, `${path}/${query}`) : undefined;
}

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

function blocked(request: Request, http: HttpDeps): Response | undefined {
  const { blockedEndpoints } = http.settings();
  if (blockedEndpoints.length === 0) return undefined;
  const { pathname } = new URL(request.url);
  if (!blockedEndpoints.some((prefix) => pathname.startsWith(prefix))) return undefined;
  return new Response("Endpoint is blocked by agent configuration", {
    status: 403,
    headers: { "content-type": "text/plain; charset=utf-8" },
  });
}

/** Consul's routes that are not built yet answer with one line that says so. */
function unbuilt() {
  const plain = (body: string, status: number) => () =>
    new Response(body, { status, headers: { "content-type": "text/plain; charset=utf-8", vary: "Accept-Encoding" } });
  return [
    ...LATER_ROUTES.map((route) => ({ ...route, answer: plain(notYet(route), 501) })),
    ...ACL_ROUTES.map((route) => ({ ...route, answer: plain(ACL_DISABLED, 401) })),
  ];
}

function byPath(routes: readonly AnyRoute[]): Map<string, AnyRoute[]> {
  const paths = new Map<string, AnyRoute[]>();
  for (const route of routes) {
    const methods = paths.get(route.path);
    if (methods === undefined) paths.set(route.path, [route]);
    else methods.push(route);
  }
  return paths;
}

/** `/v1/kv/*` for `/v1/kv/:key{.*}`: the one form of a last parameter that Hono's fast router takes. */
export function wildcardOf(path: string): string {
  return path.endsWith("{.*}") ? `${path.slice(0, path.lastIndexOf("/:"))}/*` : path;
}

/** `/v1/kv` for `/v1/kv/:key{.*}`: asked without its slash, a subtree redirects to itself with it. */
function subtreePaths(routes: readonly AnyRoute[]): ReadonlySet<string> {
  const plain = new Set(routes.map((route) => route.path));
  const subtrees = routes.flatMap(({ path }) => (path.includes("/:") ? [path.slice(0, path.indexOf("/:"))] : []));
  return new Set(subtrees.filter((path) => !plain.has(path)));
}
