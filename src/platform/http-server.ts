import { chmodSync, lstatSync, unlinkSync } from "node:fs";

/** What a handler may ask of the connection a request came on. */
export interface HttpConnection {
  remoteAddress(): string;
  holdOpen(): void;
  release(): void;
}

export interface HttpListener {
  /** The port that was bound; undefined for a unix socket. */
  readonly port: number | undefined;
  /** Refuses new connections, ends idle ones, waits for answers under way at most `graceMs`, then cuts. */
  close(graceMs: number): Promise<void>;
}

const IDLE_TIMEOUT_S = 60;
/** Above what any handler accepts: they refuse with Consul's text, this one with none. */
const BODY_BYTES_MAX = 1024 * 1024 * 1024;
const SOCKET_MODE = 0o660;

/** Texts in PEM. With `ca`, callers must show a certificate that it signed. */
export interface HttpTls {
  cert: string;
  key: string;
  ca?: string;
}

/** Listens for HTTP, or HTTPS with `tls`. Throws when the address is taken, naming it. */
export function listenHttp(options: {
  address: { hostname: string; port: number } | { unix: string; mode?: number };
  tls?: HttpTls;
  fetch(raw: Request, connection: HttpConnection): Response | Promise<Response>;
}): HttpListener {
  const { address } = options;
  if ("unix" in address) removeStale(address.unix);
  const common = {
    idleTimeout: IDLE_TIMEOUT_S,
    maxRequestBodySize: BODY_BYTES_MAX,
    // Else the runtime prints what breaks a body to stderr, past the log, with a piece of source. What a body is broken
    // with before its part is waited for it prints in any case: give such an error no reason.
    development: false,
    // An exception here would be answered with a page of the runtime's own.
    error: () => new Response("internal error", { status: 500 }),
    fetch: (raw: Request, server: Bun.Server<undefined>) => options.fetch(raw, connectionOf(raw, server)),
    ...(options.tls === undefined ? {} : { tls: tlsOptions(options.tls) }),
  };
  const at = "unix" in address ? { unix: address.unix } : { hostname: address.hostname, port: address.port };
  // The types know either form alone, not one chosen at run time.
  const server = Bun.serve({ ...common, ...at } as Parameters<typeof Bun.serve<undefined>>[0]);
  if ("unix" in address) chmodSync(address.unix, address.mode ?? SOCKET_MODE);
  return {
    port: server.port,
    async close(graceMs) {
      const timer = setTimeout(() => void server.stop(true), graceMs);
      await server.stop(false);
      clearTimeout(timer);
    },
  };
}

/** A socket that a process left behind, never another kind of file: that one makes listening fail. */
function removeStale(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket()) unlinkSync(path);
}

function tlsOptions({ cert, key, ca }: HttpTls): Bun.TLSOptions {
  return ca === undefined ? { cert, key } : { cert, key, ca, requestCert: true, rejectUnauthorized: true };
}

function connectionOf(raw: Request, server: Bun.Server<undefined>): HttpConnection {
  return {
    remoteAddress: () => server.requestIP(raw)?.address ?? "",
    holdOpen: () => server.timeout(raw, 0),
    release: () => server.timeout(raw, IDLE_TIMEOUT_S),
  };
}
