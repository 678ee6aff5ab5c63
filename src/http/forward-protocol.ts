import type { BodyLimits } from "./elsewhere.ts";

/** Methods of a server by which whole requests are passed on. */
export const FORWARD_METHODS = {
  /** Answers when requests are taken: asked before one whose body can't be sent twice. */
  ready: "http.ready",
  /** Begins a request. Answered when the answer begins: whole, or with its first part. */
  open: "http.open",
  /** The next part of a request's body. */
  write: "http.write",
  /** The next part of an answer's body. */
  read: "http.read",
  /** Nobody waits for the request any more. */
  close: "http.close",
} as const;

/** Bodies travel in parts of at most this: a call has room for one and all that is around it. */
export const PART_BYTES_MAX = 512 * 1024;
/** From a client agent to a server, and from there to one of another datacenter. */
export const HOPS_MAX = 2;

export interface OpenRequest {
  /** The first part of the body, or all of it. */
  body?: Uint8Array<ArrayBuffer>;
  /** Chosen by the caller, for the other calls of the same request; never used twice on a connection. */
  id: number;
  /** More parts of the body follow. */
  more: boolean;
  method: string;
  /** Path and query, as they came. */
  target: string;
  headers: Record<string, string>;
  /** Of the caller. */
  address: string;
  /** See `Forwarded`. */
  hops: number;
  node: string;
  pretty: boolean;
  discoveryMaxStaleMs: number;
  ignoresCached: boolean;
  farFrom?: string;
  bodyLimits?: BodyLimits;
}

export interface OpenAnswer {
  /** All of the body, or its first part. */
  body?: Uint8Array<ArrayBuffer>;
  /** More parts are there to be read. */
  more: boolean;
  status: number;
  headers: Record<string, string>;
}

export interface WriteRequest {
  body: Uint8Array<ArrayBuffer>;
  id: number;
  isLast: boolean;
}

export interface ReadRequest {
  id: number;
}

export interface ReadAnswer {
  /** None when none came for a while. */
  body?: Uint8Array<ArrayBuffer>;
  more: boolean;
}

/** Judges what another node said. By hand, and not by a schema: it runs for each request, and took a tenth of its time. */
type Check<T> = (value: unknown) => value is T;

const TARGET_CHARS_MAX = 64 * 1024;
const NAME_CHARS_MAX = 512;
const METHOD = /^[A-Za-z]{1,16}$/;

export const isOpenRequest: Check<OpenRequest> = (value): value is OpenRequest =>
  isObject(value) &&
  (value.body === undefined || isPart(value.body)) &&
  isWithin(value.id, 0, Number.MAX_SAFE_INTEGER) &&
  typeof value.more === "boolean" &&
  typeof value.method === "string" &&
  METHOD.test(value.method) &&
  isText(value.target, TARGET_CHARS_MAX) &&
  value.target.startsWith("/") &&
  isTexts(value.headers) &&
  isText(value.address, NAME_CHARS_MAX) &&
  isWithin(value.hops, 1, HOPS_MAX) &&
  isText(value.node, NAME_CHARS_MAX) &&
  typeof value.pretty === "boolean" &&
  typeof value.discoveryMaxStaleMs === "number" &&
  typeof value.ignoresCached === "boolean" &&
  (value.farFrom === undefined || isText(value.farFrom, NAME_CHARS_MAX)) &&
  (value.bodyLimits === undefined || isBodyLimits(value.bodyLimits));

export const isOpenAnswer: Check<OpenAnswer> = (value): value is OpenAnswer =>
  isReadAnswer(value) &&
  "status" in value &&
  isWithin(value.status, 200, 599) &&
  "headers" in value &&
  isTexts(value.headers);

export const isWriteRequest: Check<WriteRequest> = (value): value is WriteRequest =>
  isReadRequest(value) &&
  "body" in value &&
  isPart(value.body) &&
  "isLast" in value &&
  typeof value.isLast === "boolean";

/** False when no more parts are wanted. */
export const isWriteAnswer: Check<boolean> = (value): value is boolean => typeof value === "boolean";

export const isReadRequest: Check<ReadRequest> = (value): value is ReadRequest =>
  isObject(value) && isWithin(value.id, 0, Number.MAX_SAFE_INTEGER);

export const isReadAnswer: Check<ReadAnswer> = (value): value is ReadAnswer =>
  isObject(value) && (value.body === undefined || isPart(value.body)) && typeof value.more === "boolean";

const isBodyLimits = (value: unknown): value is BodyLimits =>
  isObject(value) &&
  isWithin(value.kvValueBytesMax, 0, Number.MAX_SAFE_INTEGER) &&
  isWithin(value.txnBytesMax, 0, Number.MAX_SAFE_INTEGER);

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

const isPart = (value: unknown): value is Uint8Array => value instanceof Uint8Array && value.length <= PART_BYTES_MAX;

const isText = (value: unknown, charsMax: number): value is string =>
  typeof value === "string" && value.length <= charsMax;

const isWithin = (value: unknown, min: number, max: number): value is number =>
  typeof value === "number" && Number.isInteger(value) && value >= min && value <= max;

function isTexts(value: unknown): value is Record<string, string> {
  if (!isObject(value)) return false;
  for (const key of Object.keys(value)) if (typeof value[key] !== "string") return false;
  return true;
}

/** Headers that are of one connection, and not of what is said on it (RFC 9110, 7.6.1), or that each end makes anew. */
const OF_CONNECTION = [
  ...["connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection"],
  ...["te", "trailer", "transfer-encoding", "upgrade", "host", "expect", "date"],
];

const CANONICAL_MAX = 256;
const canonical = new Map<string, string>();

/** Headers of an answer under the names that Go gives them, `X-Consul-Index`: not everybody reads them as names without case. */
export function canonicalNames(headers: Readonly<Record<string, string>>): Record<string, string> {
  const named: Record<string, string> = {};
  for (const name of Object.keys(headers)) named[canonicalName(name)] = headers[name] ?? "";
  return named;
}

function canonicalName(name: string): string {
  const known = canonical.get(name);
  if (known !== undefined) return known;
  const made = name.toLowerCase().replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
  if (canonical.size < CANONICAL_MAX) canonical.set(name, made);
  return made;
}

/** Those that travel. */
export function travelling(headers: Headers): Record<string, string> {
  const all = headers.toJSON() as Record<string, string>;
  for (const name of OF_CONNECTION) delete all[name];
  return all;
}
