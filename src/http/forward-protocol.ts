import { z } from "zod";

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

const id = z.int().min(0);
const bytes = z.instanceof(Uint8Array<ArrayBuffer>).refine((part) => part.length <= PART_BYTES_MAX);
const name = z.string().max(512);

export const OpenRequest = z.object({
  /** The first part of the body, or all of it. */
  body: bytes.optional(),
  /** Chosen by the caller, for the other calls of the same request; never used twice on a connection. */
  id,
  /** More parts of the body follow. */
  more: z.boolean(),
  method: z.string().regex(/^[A-Za-z]{1,16}$/),
  /** Path and query, as they came. */
  target: z
    .string()
    .startsWith("/")
    .max(64 * 1024),
  headers: z.record(z.string(), z.string()),
  /** Of the caller. */
  address: z.string().max(100),
  /** See `Forwarded`. */
  hops: z.int().min(1).max(HOPS_MAX),
  node: name,
  pretty: z.boolean(),
  discoveryMaxStaleMs: z.number().min(0),
  ignoresCached: z.boolean(),
});
export type OpenRequest = z.infer<typeof OpenRequest>;

export const OpenAnswer = z.object({
  /** All of the body, or its first part. */
  body: z.instanceof(Uint8Array<ArrayBuffer>).optional(),
  /** More parts are there to be read. */
  more: z.boolean(),
  status: z.int().min(200).max(599),
  headers: z.record(z.string(), z.string()),
});
export type OpenAnswer = z.infer<typeof OpenAnswer>;

export const WriteRequest = z.object({ body: bytes, id, isLast: z.boolean() });
/** False when no more parts are wanted. */
export const WriteAnswer = z.boolean();

export const ReadRequest = z.object({ id });
/** No part when none came for a while. */
export const ReadAnswer = z.object({ body: z.instanceof(Uint8Array<ArrayBuffer>).optional(), more: z.boolean() });
export type ReadAnswer = z.infer<typeof ReadAnswer>;

/** Headers that are of one connection, and not of what is said on it (RFC 9110, 7.6.1), or that each end makes anew. */
const OF_CONNECTION = [
  ...["connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection"],
  ...["te", "trailer", "transfer-encoding", "upgrade", "host", "expect", "date"],
];

/** Those that travel. */
export function travelling(headers: Headers): Record<string, string> {
  const all = headers.toJSON() as Record<string, string>;
  for (const name of OF_CONNECTION) delete all[name];
  return all;
}
