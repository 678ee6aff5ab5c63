import { decodeGoJson } from "../lib/go-json.ts";
import { encodeQuery, escapePath, type QueryValue } from "./http-address.ts";
import type { HttpSettings } from "./http-settings.ts";

export type Query = Readonly<Record<string, QueryValue>>;

export interface RequestOptions {
  readonly query?: Query;
  readonly body?: string | Uint8Array | ReadableStream<Uint8Array>;
  readonly signal?: AbortSignal;
  /** The body comes bit by bit: compression would hold it back, and cutting it would be an error of compression. */
  readonly streamed?: true;
  /** Statuses that are an answer and not an error; 200 is always one. */
  readonly accept?: readonly number[];
}

/** An answer of another status than asked for; the text is Consul's. */
export class HttpStatusError extends Error {
  readonly status: number;
  constructor(status: number, body: string) {
    super(`Unexpected response code: ${status} (${body})`);
    this.name = "HttpStatusError";
    this.status = status;
  }
}

/** The agent could not be reached; the text is that of Go's HTTP client and holds no secret. */
export class HttpConnectError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "HttpConnectError";
  }
}

const ERROR_BODY_CHARS_MAX = 64 * 1024;

/** The agent's HTTP API. `-datacenter` and `-stale` go with every request that they mean something to. */
export class ApiClient {
  readonly #settings: HttpSettings;

  constructor(settings: HttpSettings) {
    this.#settings = settings;
  }

  /** What `-datacenter` says; "" for the agent's own. */
  get datacenter(): string {
    return this.#settings.datacenter;
  }

  /**
   * Sends a request and gives the answer, its body unread. A silent answer is waited for without limit, because long
   * polls are bounded by the server. Throws HttpStatusError or HttpConnectError; the reason of `signal` when aborted.
   */
  async send(method: string, path: string, options: RequestOptions = {}): Promise<Response> {
    const { address } = this.#settings;
    const query = encodeQuery({ ...this.#commonQuery(method, path), ...options.query });
    const target = `${escapePath(path)}${query === "" ? "" : `?${query}`}`;
    const host = address.unixPath === undefined ? address.host : "localhost";
    let response: Response;
    try {
      response = await fetch(`${address.scheme}://${host}${target}`, this.#init(method, options));
    } catch (error) {
      if (options.signal?.aborted) throw options.signal.reason;
      throw new HttpConnectError(this.#connectText(method, target, error));
    }
    if (response.status === 200 || options.accept?.includes(response.status)) return response;
    throw new HttpStatusError(response.status, (await response.text()).slice(0, ERROR_BODY_CHARS_MAX));
  }

  /** The decoded JSON of a GET; integers beyond 2^53 are bigint. */
  async get<T>(path: string, options: RequestOptions = {}): Promise<T> {
    return decodeGoJson(await (await this.send("GET", path, options)).text()) as T;
  }

  /** A GET of something that may be missing: `undefined` for 404. */
  async find<T>(path: string, options: RequestOptions = {}): Promise<T | undefined> {
    const response = await this.send("GET", path, { ...options, accept: [404] });
    const text = await response.text();
    return response.status === 404 ? undefined : (decodeGoJson(text) as T);
  }

  /** A PUT whose answer is text. */
  async put(path: string, options: RequestOptions = {}): Promise<string> {
    return await (await this.send("PUT", path, options)).text();
  }

  /** A DELETE whose answer is text. */
  async delete(path: string, options: RequestOptions = {}): Promise<string> {
    return await (await this.send("DELETE", path, options)).text();
  }

  /** What an agent knows of itself and of the datacenters is the same whomever it would ask. */
  #commonQuery(method: string, path: string): Query {
    if (path.startsWith("/v1/agent/") || path.endsWith("/datacenters")) return {};
    const { datacenter, stale } = this.#settings;
    return { dc: datacenter || undefined, ...(stale && method === "GET" ? { stale: "" } : {}) };
  }

  #init(method: string, options: RequestOptions): BunFetchRequestInit {
    const { token, authorization, tls, address } = this.#settings;
    const headers: Record<string, string> = {};
    if (token !== "") headers["X-Consul-Token"] = token;
    if (authorization !== "") headers.Authorization = authorization;
    if (options.streamed) headers["Accept-Encoding"] = "identity";
    return {
      method,
      headers,
      // The client's own idle limit would cut a long poll after six minutes.
      timeout: false,
      ...(tls === undefined ? {} : { tls }),
      ...(address.unixPath === undefined ? {} : { unix: address.unixPath }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      ...(options.body === undefined ? {} : { body: options.body }),
    };
  }

  #connectText(method: string, target: string, error: unknown): string {
    const { address } = this.#settings;
    const verb = (method[0] ?? "") + method.slice(1).toLowerCase();
    const host = address.unixPath === undefined ? address.host : encodeURIComponent(address.unixPath);
    return `${verb} "${address.scheme}://${host}${target}": ${reasonText(error, address.host, address.unixPath)}`;
  }
}

function reasonText(error: unknown, host: string, unixPath: string | undefined): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const dial = unixPath === undefined ? `dial tcp ${host}` : `dial unix ${unixPath}`;
  switch (code) {
    case "ECONNREFUSED":
      return `${dial}: connect: connection refused`;
    case "ENOENT":
      return `${dial}: connect: no such file or directory`;
    case "EACCES":
      return `${dial}: connect: permission denied`;
    case "ENOTFOUND":
      return `dial tcp: lookup ${host.replace(/:\d+$/, "")}: no such host`;
    case "ECONNRESET":
      return "EOF";
    case "EPROTO":
      return "TLS handshake failed; the agent may ask for a certificate (-client-cert, -client-key), or speak no TLS on this port";
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
      return "x509: certificate signed by unknown authority (-ca-file names the file of a known one)";
    default:
      return error instanceof Error ? error.message : String(error);
  }
}
