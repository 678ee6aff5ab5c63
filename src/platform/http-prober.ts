import http from "node:http";
import https from "node:https";
import type { HttpProbeReply, HttpProbeRequest, HttpProber } from "../ports/probes.ts";
import { codeOf, goNetError, joinHostPort } from "./go-net-error.ts";

const REDIRECTS_MAX = 10;
/** A body without end is cut here; its status is known by then. */
const BODY_BYTES_MAX = 1 << 20;

/** Certificates for checks, when the agent is told to use its own (`enable_agent_tls_for_checks`). PEM texts. */
export interface ProbeCredentials {
  ca?: string;
  cert?: string;
  key?: string;
}

/**
 * One connection per question, as Consul does, so that a check tests that connecting works. By node:http, because Bun's
 * fetch shares one limit of 256 requests with everything else in the process.
 */
export class NodeHttpProber implements HttpProber {
  readonly #credentials: () => ProbeCredentials;
  constructor(credentials: () => ProbeCredentials = () => ({})) {
    this.#credentials = credentials;
  }

  async request(
    request: HttpProbeRequest,
    onBody: (chunk: Uint8Array) => void,
    signal: AbortSignal,
  ): Promise<HttpProbeReply> {
    // Not AbortSignal.any: the check's signal lives for years and would collect one dependant a request.
    const control = new AbortController();
    const abort = () => control.abort();
    const timer = setTimeout(abort, request.timeoutMs);
    signal.addEventListener("abort", abort, { once: true });
    try {
      return await this.#follow(request, onBody, control.signal);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
    }
  }

  async #follow(
    request: HttpProbeRequest,
    onBody: (chunk: Uint8Array) => void,
    deadline: AbortSignal,
  ): Promise<HttpProbeReply> {
    let current = request;
    let shown = request.url;
    for (let redirects = 0; ; redirects++) {
      try {
        if (redirects >= REDIRECTS_MAX) throw new Error(`stopped after ${REDIRECTS_MAX} redirects`);
        const answer = await this.#ask(current, deadline);
        const next = request.followRedirects ? redirectOf(current, answer) : undefined;
        if (next === undefined) return await finish(answer, onBody, deadline);
        answer.destroy();
        shown = answer.headers.location ?? shown;
        current = next;
      } catch (error) {
        if (error instanceof InvalidRequest) throw new Error(error.message);
        const verb = current.method[0]?.toUpperCase() + current.method.slice(1).toLowerCase();
        throw new Error(`${verb} ${JSON.stringify(shown)}: ${textOf(error, current)}`);
      }
    }
  }

  #ask(request: HttpProbeRequest, deadline: AbortSignal): Promise<http.IncomingMessage> {
    const url = URL.canParse(request.url) ? new URL(request.url) : undefined;
    const scheme = url?.protocol ?? /^[a-z][a-z0-9+.-]*:(?=\/\/)/i.exec(request.url)?.[0] ?? "";
    if (scheme !== "http:" && scheme !== "https:") {
      throw new Error(`unsupported protocol scheme ${JSON.stringify(scheme.slice(0, -1))}`);
    }
    if (url === undefined) throw new Error("invalid URL");
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(request.method)) {
      throw new InvalidRequest(`net/http: invalid method ${JSON.stringify(request.method)}`);
    }
    const isTls = scheme === "https:";
    const { skipVerify, serverName } = request.tls;
    const options = {
      method: request.method,
      agent: false,
      signal: deadline,
      headers: headersOf(request),
      ...(request.socketPath === undefined ? {} : { socketPath: request.socketPath }),
      ...(isTls ? { ...this.#credentials(), rejectUnauthorized: !skipVerify } : {}),
      ...(isTls && serverName !== "" ? { servername: serverName } : {}),
    };
    return new Promise((resolve, reject) => {
      const call = (isTls ? https : http).request(url, options, resolve);
      call.on("error", reject);
      call.end(request.body);
    });
  }
}

/** Refused before any connection; Go says nothing of the URL then. */
class InvalidRequest extends Error {}

function headersOf(request: HttpProbeRequest): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = { Connection: "close" };
  for (const [name, values] of request.headers) {
    headers[name] = values.length === 1 ? (values[0] as string) : [...values];
  }
  if (request.body !== "") headers["Content-Length"] = String(Buffer.byteLength(request.body));
  return headers;
}

/** The request that a 3xx asks for, as Go's client follows it; undefined when the answer is final. */
function redirectOf(request: HttpProbeRequest, answer: http.IncomingMessage): HttpProbeRequest | undefined {
  const status = answer.statusCode ?? 0;
  if (![301, 302, 303, 307, 308].includes(status)) return undefined;
  const { location } = answer.headers;
  if (location === undefined) {
    if (status === 307 || status === 308) return undefined;
    throw new Error(`${status} response missing Location header`);
  }
  const url = new URL(location, request.url).href;
  if (status === 307 || status === 308) return { ...request, url };
  return { ...request, url, method: request.method.toUpperCase() === "HEAD" ? request.method : "GET", body: "" };
}

/** Reads the body. One that is cut by the deadline counts as far as it came: its status is known. */
async function finish(
  answer: http.IncomingMessage,
  onBody: (chunk: Uint8Array) => void,
  deadline: AbortSignal,
): Promise<HttpProbeReply> {
  let bytes = 0;
  try {
    for await (const chunk of answer as AsyncIterable<Uint8Array>) {
      onBody(chunk);
      bytes += chunk.length;
      if (bytes > BODY_BYTES_MAX) break;
    }
  } catch (error) {
    if (!deadline.aborted && codeOf(error) === "") throw error;
  } finally {
    answer.destroy();
  }
  return { status: answer.statusCode ?? 0, reason: answer.statusMessage ?? "" };
}

function textOf(error: unknown, request: HttpProbeRequest): string {
  if ((error instanceof Error && error.name === "AbortError") || codeOf(error) === "ABORT_ERR") {
    return "context deadline exceeded (Client.Timeout exceeded while awaiting headers)";
  }
  if (codeOf(error) === "") return error instanceof Error ? error.message : String(error);
  if (request.socketPath !== undefined) return goNetError(error, "unix", request.socketPath).message;
  const url = new URL(request.url);
  const port = Number(url.port) || (url.protocol === "https:" ? 443 : 80);
  return goNetError(error, "tcp", joinHostPort(url.hostname.replace(/^\[|\]$/g, ""), port)).message;
}
