/** Short-lived connections that find out whether something is healthy. Failures reject with an Error in Go's words. */

export interface ProbeTls {
  skipVerify: boolean;
  /** Name to ask for and to verify, when another than the host; empty for the host. */
  serverName: string;
}

export interface HttpProbeRequest {
  method: string;
  url: string;
  /** A `Host` among them replaces the one of the URL. */
  headers: readonly (readonly [name: string, values: readonly string[]])[];
  body: string;
  timeoutMs: number;
  followRedirects: boolean;
  tls: ProbeTls;
  /** Path of a unix socket to connect to instead of the URL's host. */
  socketPath?: string;
}

export interface HttpProbeReply {
  status: number;
  /** The words after the status on the wire. */
  reason: string;
}

export interface HttpProber {
  /** The final answer, after redirects. Its body goes to `onBody` as it comes, never after the result. */
  request(request: HttpProbeRequest, onBody: (chunk: Uint8Array) => void, signal: AbortSignal): Promise<HttpProbeReply>;
}

export interface ProbeTarget {
  host: string;
  port: number;
}

export interface SocketProber {
  /** Connects and closes; with `tls` after the handshake. */
  tcp(target: ProbeTarget, tls: ProbeTls | undefined, timeoutMs: number, signal: AbortSignal): Promise<void>;
  /** Sends one datagram. `silent` when nothing comes back in time; rejects when the port is closed. */
  udp(target: ProbeTarget, payload: string, timeoutMs: number, signal: AbortSignal): Promise<"answered" | "silent">;
}

export interface Http2Request {
  target: ProbeTarget;
  /** Undefined for cleartext with prior knowledge. */
  tls: ProbeTls | undefined;
  path: string;
  headers: Readonly<Record<string, string>>;
  body: Uint8Array;
  timeoutMs: number;
}

export interface Http2Reply {
  status: number;
  headers: Readonly<Record<string, string>>;
  /** Empty when the answer has none. */
  trailers: Readonly<Record<string, string>>;
  body: Uint8Array;
}

export interface Http2Prober {
  post(request: Http2Request, signal: AbortSignal): Promise<Http2Reply>;
  /** Connects and waits for the answer to a PING frame. */
  ping(target: ProbeTarget, tls: ProbeTls | undefined, timeoutMs: number, signal: AbortSignal): Promise<void>;
}
