/** Node's network errors in the words of Go's `net` package, which check outputs and error bodies carry. */

const REASONS: Record<string, string> = {
  ECONNREFUSED: "connect: connection refused",
  ECONNRESET: "read: connection reset by peer",
  EHOSTUNREACH: "connect: no route to host",
  ENETUNREACH: "connect: network is unreachable",
  EACCES: "connect: permission denied",
  ENOENT: "connect: no such file or directory",
  ETIMEDOUT: "i/o timeout",
};
const LOOKUP_FAILURES = new Set(["ENOTFOUND", "EAI_AGAIN", "EAI_NODATA", "EAI_NONAME"]);

/** The error code that Node or Bun put on an error; empty when there is none. */
export function codeOf(error: unknown): string {
  if (typeof error !== "object" || error === null || !("code" in error)) return "";
  return typeof error.code === "string" ? error.code : "";
}

/** An Error in Go's words, from the connection to `address` (`host:port`, or a path with `network` unix). */
export function goNetError(error: unknown, network: "tcp" | "udp" | "unix", address: string): Error {
  const code = codeOf(error);
  if (LOOKUP_FAILURES.has(code)) {
    const host = address.slice(0, address.lastIndexOf(":"));
    return new Error(`dial ${network}: lookup ${host}: no such host`);
  }
  const reason = REASONS[code];
  if (code === "ECONNRESET") return new Error(`read ${network} ${address}: ${reason}`);
  if (reason !== undefined) return new Error(`dial ${network} ${address}: ${reason}`);
  const text = error instanceof Error ? error.message : String(error);
  return new Error(tlsText(code, text) ?? `dial ${network} ${address}: ${text}`);
}

function tlsText(code: string, text: string): string | undefined {
  if (/wrong.version.number|packet length too long|WRONG_VERSION/i.test(text)) {
    return "tls: first record does not look like a TLS handshake";
  }
  if (code === "CERT_HAS_EXPIRED") return "x509: certificate has expired or is not yet valid";
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") return "x509: certificate is not valid for the requested name";
  if (/^(DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/.test(code)) return "x509: certificate signed by unknown authority";
  return undefined;
}

/** `host:port` as Go prints it: IPv6 in brackets. */
export function joinHostPort(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
