import { connect, type Socket } from "node:net";
import { gunzipSync } from "node:zlib";

/** An answer as the wire had it: header names in lower case, body unchunked and ungzipped. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

export interface WireRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * One request on a connection of its own, written byte by byte: `fetch` would clean the path and hide the header that
 * a redirect carries. Rejects with an Error when the connection fails, is cut or `timeoutMs` pass.
 */
export function ask(port: number, request: WireRequest, timeoutMs: number): Promise<WireAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<WireAnswer>();
  const chunks: Buffer[] = [];
  const socket: Socket = connect(port, "127.0.0.1", () => socket.write(head(port, request)));
  const timer = setTimeout(() => finish(new Error("no answer in time")), timeoutMs);
  const finish = (outcome: WireAnswer | Error) => {
    clearTimeout(timer);
    socket.destroy();
    if (outcome instanceof Error) reject(outcome);
    else resolve(outcome);
  };
  socket.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    const answer = parse(Buffer.concat(chunks), request.method === "HEAD", false);
    if (answer !== undefined) finish(answer);
  });
  socket.on("end", () =>
    finish(parse(Buffer.concat(chunks), true, true) ?? new Error("connection closed without answer")),
  );
  socket.on("error", (error: Error & { code?: string }) => finish(new Error(error.code ?? error.message)));
  return promise;
}

function head(port: number, request: WireRequest): Buffer {
  const body = Buffer.from(request.body);
  const headers: Record<string, string> = { Host: `127.0.0.1:${port}`, Connection: "close", ...request.headers };
  if (body.length > 0 || request.method === "PUT" || request.method === "POST") {
    headers["Content-Length"] = String(body.length);
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`${request.method} ${request.path} HTTP/1.1\r\n${lines.join("")}\r\n`), body]);
}

function parse(bytes: Buffer, withoutBody: boolean, closed: boolean): WireAnswer | undefined {
  const end = bytes.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const [statusLine = "", ...lines] = bytes.subarray(0, end).toString("latin1").split("\r\n");
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  const body = bodyOf(bytes.subarray(end + 4), headers, closed);
  if (body === undefined && !withoutBody) return undefined;
  const plain = body !== undefined && headers["content-encoding"] === "gzip" ? gunzipSync(body) : body;
  return { status: Number(statusLine.split(" ")[1]), headers, body: plain ?? Buffer.alloc(0) };
}

function bodyOf(rest: Buffer, headers: Readonly<Record<string, string>>, closed: boolean): Buffer | undefined {
  if (headers["transfer-encoding"] === "chunked") return unchunk(rest);
  const length = headers["content-length"];
  if (length === undefined) return closed ? rest : undefined;
  return rest.length >= Number(length) ? rest.subarray(0, Number(length)) : undefined;
}

function unchunk(rest: Buffer): Buffer | undefined {
  const parts: Buffer[] = [];
  let at = 0;
  for (;;) {
    const lineEnd = rest.indexOf("\r\n", at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(rest.subarray(at, lineEnd).toString("latin1"), 16);
    if (size === 0) return Buffer.concat(parts);
    const start = lineEnd + 2;
    if (rest.length < start + size + 2) return undefined;
    parts.push(rest.subarray(start, start + size));
    at = start + size + 2;
  }
}
