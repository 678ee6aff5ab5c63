import type { z } from "zod";
import type { QueryResult } from "../state/query.ts";
import type { BodyLimits } from "./elsewhere.ts";

/** Rights as the ACL sheet names them: `<resource>:<access>`; several when one request touches several resources. */
export type AclRule = "none" | `${string}:${"read" | "write" | "list"}`;

export type Method = "GET" | "PUT" | "POST" | "DELETE";

/** How new an answer is, as its headers say. */
export interface Freshness {
  /** Milliseconds since the leader was heard; 0 when the leader answers or vouched for the answer. */
  lastContactMs: number;
  knownLeader: boolean;
}

/** What a handler is given: everything of the request that is already checked. */
export interface ApiRequest<Query = Record<string, unknown>, Body = unknown> {
  /** Path parameters, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query;
  /** The decoded body of a route with a `body` schema, else undefined. */
  readonly body: Body;
  /** The request as it came; its body is unread unless the route has a `body` schema. */
  readonly raw: Request;
  /** Name of the node whose agent was asked, when it is another one and passed the request on. */
  readonly askedNode: string | undefined;
  /** Whether the agent that was asked wants the addresses that lead to nodes of a datacenter from its own. */
  readonly isFar: (datacenter: string) => boolean;
  /** What the agent that was asked takes, and this one, too. */
  readonly bodyLimits: () => BodyLimits;
  /** The caller's secret, or "" for the anonymous caller. Never log it. */
  readonly token: () => string;
  /** Address of the caller, or "" on a unix socket. */
  readonly remoteAddress: () => string;
  /**
   * For a `handle` that reads the replicated state: resolves when this server may answer what `stale`, `consistent` and
   * `max_stale` ask for, and refuses bad ones. The route's query has to hold `READ_QUERY`.
   */
  readonly readable: () => Promise<Freshness>;
  /**
   * For an answer that streams: counts it among the caller's waiting requests, lifts the idle timeout, and gives the
   * function to call at its end.
   */
  readonly onClose: () => () => void;
}

/** A whole answer, for what is not simply `200` with JSON. */
export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON by Consul's rules; left out for an empty body. */
  readonly json?: unknown;
  /** The compact text of `json`, where parts of it are known already. */
  readonly compact?: () => string;
  /** Instead of `json`. Give the content type in `headers`. */
  readonly body?: string | Uint8Array | ReadableStream<Uint8Array>;
}

/**
 * One row of the table that is the truth of the HTTP surface: it mounts the server, makes the OpenAPI document, the
 * compatibility list and the typed client.
 */
export interface Route<
  M extends Method = Method,
  P extends string = string,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Answer extends z.ZodType = z.ZodType,
  Deps = never,
> {
  readonly method: M;
  /** Hono's pattern; a last parameter that takes slashes or nothing is written `:name{.*}`. */
  readonly path: P;
  readonly summary: string;
  /** Query parameters of its own; `index`, `wait`, `stale` and the others that all reads share are added by `read`. */
  readonly query: Query;
  /** JSON body. Routes without it that take bytes read `request.raw` through `readBody`. */
  readonly body?: Body;
  /** Text in front of the reason when the body can't be decoded. */
  readonly bodyErrorPrefix?: string;
  /** JSON of the 200 answer. */
  readonly answer: Answer;
  readonly acl: AclRule | readonly AclRule[];
  /**
   * `index`: waits by `?index=` until the answer's index is higher. `version`: the index is the answer's `version`, and
   * the wait ends when it differs (events). `hash`: the same by `?hash=` and X-Consul-ContentHash (agent endpoints).
   * The latter two are of this agent alone and ask no leader.
   */
  readonly blocking?: "index" | "version" | "hash";
  /** Sends X-Consul-Effective-Consistency (catalog and health do, the key/value store and sessions do not). */
  readonly effectiveConsistency?: boolean;
  /** Its refusals carry no index headers, unlike those of other reads (observed: the key/value store's). */
  readonly bareRefusals?: boolean;
  /** A `handle` that reads the replicated state: its refusals carry the headers of a read. */
  readonly readsByHandle?: boolean;
  /** Consul's handler tells its methods itself: OPTIONS has a body, and what is not allowed is told without OPTIONS. */
  readonly ownMethods?: boolean;
  /** Says by X-Cache and Age whether `?cached` was answered from memory (what Consul's agents cache). */
  readonly agentCache?: boolean;
  /** How `?filter=` applies to the answer. Throws a Refusal for a bad expression. */
  filter?(answer: z.output<Answer>, expression: string): z.output<Answer>;
  /** The answer as another datacenter wants it: with the addresses by which it reaches nodes and services from there. */
  fromAfar?(answer: z.output<Answer>): z.output<Answer>;
  /** `?ns=` is refused on what Consul Enterprise keeps per namespace, and ignored elsewhere. */
  readonly namespaced?: boolean;
  /**
   * `agent`: the agent that is asked answers, and `?dc=` changes nothing. `server`: the same, and a client agent does not
   * know what to say. `member`: any agent does of the datacenter that `?dc=` names. Left out, a server of that datacenter does.
   */
  readonly answeredBy?: "agent" | "server" | "member";
  /** A server of `primary_datacenter` answers; `?dc=` changes nothing. */
  readonly ofPrimary?: boolean;
  /** Names the datacenter by the body; `?dc=` changes nothing then. "" is the own one. */
  datacenterOf?(body: z.output<Body>): string;
  /** Its answer is a stream without an end. */
  readonly isEndless?: boolean;
  /** Not in Consul; the compatibility document lists it apart. */
  readonly beyondConsul?: boolean;
  // Exactly one of the two. Methods, not properties: the table holds rows of all kinds, and only a method may be given
  // to who knows less of its parameters.
  /** A read of the replicated state: runs synchronously, again for each change while the caller waits. */
  read?(request: ApiRequest<z.output<Query>, z.output<Body>>, deps: Deps): QueryResult<z.output<Answer> | Reply>;
  handle?(request: ApiRequest<z.output<Query>, z.output<Body>>, deps: Deps): Reply | Promise<Reply>;
}

/** Types a row; does nothing else. */
export function defineRoute<
  const M extends Method,
  const P extends string,
  Query extends z.ZodType,
  Answer extends z.ZodType,
  Deps,
  Body extends z.ZodType = z.ZodUndefined,
>(route: Route<M, P, Query, Body, Answer, Deps>): Route<M, P, Query, Body, Answer, Deps> {
  return route;
}

/** Tells a Reply apart from a plain answer: a read may end in 404 and still carry an index. */
const REPLY = Symbol("reply");
export function reply(parts: Reply): Reply {
  return Object.assign(Object.create(null) as object, { [REPLY]: true }, parts);
}
export function isReply(value: unknown): value is Reply {
  return typeof value === "object" && value !== null && REPLY in value;
}

/** 200 with JSON. */
export const json = (value: unknown): Reply => reply({ json: value });
/** 200 with nothing, as Consul's agent endpoints answer a done write. */
export const EMPTY: Reply = reply({});
/** Plain text with a status, as Consul writes errors. */
export const text = (body: string, status = 200): Reply =>
  reply({ status, body, headers: { "content-type": "text/plain; charset=utf-8" } });
