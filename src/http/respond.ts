import { encodeGoJson } from "../lib/go-json.ts";
import type { Reply } from "./route.ts";

/** What decides on the form of an answer, besides the answer. */
export interface ResponseForm {
  pretty: boolean;
  gzip: boolean;
  /** Sent with every answer (`http_config.response_headers`). */
  headers: Readonly<Record<string, string>>;
}

/** An answer as bytes-to-be: what the cache keeps and a Response is made of. */
export interface Encoded {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: string | Uint8Array | ReadableStream<Uint8Array> | null;
}

export const INDEX_HEADER = "X-Consul-Index";
/** Clients read 0 as no index, so it is never sent. */
export const indexText = (index: number): string => String(Math.max(1, index));

/** Of what is packed already: an archive of the whole state would hold all others up for nothing. */
const PACKED = "application/x-gzip";

export const NO_HEADERS: Readonly<Record<string, string>> = {};

/** Gives an answer the form that Consul gives it. */
export function encodeReply(reply: Reply, form: ResponseForm, extra: Readonly<Record<string, string>>): Encoded {
  const isJson = reply.json !== undefined;
  const body = isJson ? jsonText(reply, form.pretty) : (reply.body ?? null);
  const common = commonHeaders(form.headers, isJson);
  const isPlain = extra === NO_HEADERS && reply.headers === undefined;
  const headers = isPlain ? common : { ...common, ...extra, ...reply.headers };
  if (!form.gzip || body === null || body instanceof ReadableStream || reply.headers?.["content-type"] === PACKED)
    return { status: reply.status ?? 200, headers, body };
  return { status: reply.status ?? 200, headers: { ...headers, "content-encoding": "gzip" }, body: gzip(body) };
}

function jsonText({ json, compact }: Reply, pretty: boolean): string {
  return compact === undefined || pretty ? encodeGoJson(json, pretty) : compact();
}

const commonHeadersOf = new WeakMap<object, { json: Record<string, string>; other: Record<string, string> }>();

/** The headers that all answers with the same configured ones share; made once, as every write is answered with them. */
function commonHeaders(configured: Readonly<Record<string, string>>, isJson: boolean): Record<string, string> {
  let common = commonHeadersOf.get(configured);
  if (common === undefined) {
    const other = { vary: "Accept-Encoding", ...configured };
    common = { other, json: { "content-type": "application/json", ...other } };
    commonHeadersOf.set(configured, common);
  }
  return isJson ? common.json : common.other;
}

/** Level 1: the answers are small texts, and the processor of an edge device is what is scarce. */
function gzip(body: string | Uint8Array): Uint8Array {
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  return Bun.gzipSync(bytes as Uint8Array<ArrayBuffer>, { level: 1 });
}

export function toResponse(encoded: Encoded): Response {
  const response = new Response(encoded.body as Uint8Array<ArrayBuffer> | null, {
    status: encoded.status,
    headers: encoded.headers,
  });
  if (encoded.body instanceof ReadableStream) streamed.add(response);
  return response;
}

const streamed = new WeakSet<Response>();

/** Whether an answer's body comes by and by; else it is there. */
export const isStreamed = (response: Response): boolean => streamed.has(response);
