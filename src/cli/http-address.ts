/** Where the agent's HTTP API is, from a flag or from the environment. */
export interface HttpAddress {
  readonly scheme: "http" | "https";
  /** `host:port`, or the socket's path. */
  readonly host: string;
  readonly unixPath: string | undefined;
}

export const DEFAULT_HTTP_ADDRESS = "127.0.0.1:8500";

/** Reads `host:port`, `http(s)://host:port` or `unix:///path`. Throws for any other scheme. */
export function parseHttpAddress(text: string, useTls: boolean): HttpAddress {
  const at = text.indexOf("://");
  if (at === -1) return { scheme: useTls ? "https" : "http", host: text, unixPath: undefined };
  const scheme = text.slice(0, at);
  const host = text.slice(at + 3);
  if (scheme === "unix") return { scheme: "http", host, unixPath: host };
  if (scheme === "http") return { scheme: useTls ? "https" : "http", host, unixPath: undefined };
  if (scheme === "https") return { scheme, host, unixPath: undefined };
  throw new Error(`Unknown protocol scheme: ${scheme}`);
}

/** Escapes a path as Go's `net/url` does, so that error texts and requests look the same. */
export function escapePath(path: string): string {
  return encodeURI(path).replace(/[?#!'()*]/g, percent);
}

/** A query in Go's form: keys sorted, a space as `+`. A list repeats its key; `undefined` leaves it out. */
export function encodeQuery(query: Readonly<Record<string, QueryValue>>): string {
  const pairs: string[] = [];
  for (const key of Object.keys(query).sort()) {
    const value = query[key];
    if (value === undefined) continue;
    for (const item of Array.isArray(value) ? value : [value]) pairs.push(`${escapeQuery(key)}=${escapeQuery(item)}`);
  }
  return pairs.join("&");
}

export type QueryValue = string | readonly string[] | undefined;

function escapeQuery(text: unknown): string {
  return encodeURIComponent(String(text))
    .replace(/[!'()*]/g, percent)
    .replaceAll("%20", "+");
}

function percent(char: string): string {
  return `%${char.charCodeAt(0).toString(16).toUpperCase()}`;
}
