import http2 from "node:http2";
import net from "node:net";
import type { Http2Prober, Http2Reply, Http2Request, ProbeTarget, ProbeTls } from "../ports/probes.ts";
import { goNetError, joinHostPort } from "./go-net-error.ts";
import type { ProbeCredentials } from "./http-prober.ts";

const BODY_BYTES_MAX = 64 * 1024;

/** One HTTP/2 connection per question. Import this file only when such a check exists: node:http2 costs memory. */
export class NodeHttp2Prober implements Http2Prober {
  readonly #credentials: () => ProbeCredentials;
  constructor(credentials: () => ProbeCredentials = () => ({})) {
    this.#credentials = credentials;
  }

  post(request: Http2Request, signal: AbortSignal): Promise<Http2Reply> {
    return this.#withSession(request.target, request.tls, request.timeoutMs, signal, (session, done, fail) => {
      const stream = session.request({ ":method": "POST", ":path": request.path, ...request.headers });
      const chunks: Uint8Array[] = [];
      let bytes = 0;
      let headers: http2.IncomingHttpHeaders = {};
      let trailers: http2.IncomingHttpHeaders = {};
      stream.on("response", (received) => {
        headers = received;
      });
      stream.on("trailers", (received) => {
        trailers = received;
      });
      stream.on("data", (chunk: Uint8Array) => {
        bytes += chunk.length;
        if (bytes > BODY_BYTES_MAX) fail(new Error("the answer is too long"));
        else chunks.push(chunk);
      });
      stream.on("error", fail);
      stream.on("end", () => {
        const status = Number(headers[":status"] ?? 0);
        done({ status, headers: texts(headers), trailers: texts(trailers), body: Buffer.concat(chunks) });
      });
      stream.end(request.body);
    });
  }

  ping(target: ProbeTarget, tls: ProbeTls | undefined, timeoutMs: number, signal: AbortSignal): Promise<void> {
    return this.#withSession(target, tls, timeoutMs, signal, (session, done, fail) => {
      session.once("connect", () => {
        session.ping((error) => {
          if (error) fail(error);
          else done(undefined);
        });
      });
    });
  }

  #withSession<T>(
    target: ProbeTarget,
    tls: ProbeTls | undefined,
    timeoutMs: number,
    signal: AbortSignal,
    use: (session: http2.ClientHttp2Session, done: (value: T) => void, fail: (error: Error) => void) => void,
  ): Promise<T> {
    const address = joinHostPort(target.host, target.port);
    return new Promise((resolve, reject) => {
      const session = http2.connect(`${tls === undefined ? "http" : "https"}://${address}`, this.#options(target, tls));
      let isOver = false;
      const finish = (end: () => void) => {
        if (isOver) return;
        isOver = true;
        clearTimeout(timer);
        signal.removeEventListener("abort", onAbort);
        session.destroy();
        end();
      };
      const fail = (error: Error) => finish(() => reject(goNetError(error, "tcp", address)));
      const timer = setTimeout(() => finish(() => reject(new Error("context deadline exceeded"))), timeoutMs);
      const onAbort = () => finish(() => reject(new Error("operation was canceled")));
      signal.addEventListener("abort", onAbort, { once: true });
      session.on("error", fail);
      session.on("close", () => fail(new Error("connection closed")));
      use(session, (value) => finish(() => resolve(value)), fail);
    });
  }

  #options(target: ProbeTarget, tls: ProbeTls | undefined): http2.SecureClientSessionOptions {
    if (tls === undefined) return {};
    const name = tls.serverName || (net.isIP(target.host) === 0 ? target.host : "");
    return {
      ...this.#credentials(),
      rejectUnauthorized: !tls.skipVerify,
      ...(name === "" ? {} : { servername: name }),
    };
  }
}

function texts(headers: http2.IncomingHttpHeaders): Record<string, string> {
  const entries = Object.entries(headers).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
}
