import { chmodSync, existsSync, unlinkSync } from "node:fs";

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

/** Listens for HTTP. Throws when the address is taken, naming it. */
export function listenHttp(options: {
  address: { hostname: string; port: number } | { unix: string };
  fetch(raw: Request, connection: HttpConnection): Response | Promise<Response>;
}): HttpListener {
  const { address } = options;
  if ("unix" in address && existsSync(address.unix)) unlinkSync(address.unix);
  const common = {
    idleTimeout: IDLE_TIMEOUT_S,
    maxRequestBodySize: BODY_BYTES_MAX,
    // An exception here would be answered with a page of the runtime's own.
    error: () => new Response("internal error", { status: 500 }),
    fetch: (raw: Request, server: Bun.Server<undefined>) => options.fetch(raw, connectionOf(raw, server)),
  };
  const server: Bun.Server<undefined> =
    "unix" in address
      ? Bun.serve({ ...common, unix: address.unix })
      : Bun.serve({ ...common, hostname: address.hostname, port: address.port });
  if ("unix" in address) chmodSync(address.unix, SOCKET_MODE);
  return {
    port: server.port,
    async close(graceMs) {
      const timer = setTimeout(() => void server.stop(true), graceMs);
      await server.stop(false);
      clearTimeout(timer);
    },
  };
}

function connectionOf(raw: Request, server: Bun.Server<undefined>): HttpConnection {
  return {
    remoteAddress: () => server.requestIP(raw)?.address ?? "",
    holdOpen: () => server.timeout(raw, 0),
    release: () => server.timeout(raw, IDLE_TIMEOUT_S),
  };
}
