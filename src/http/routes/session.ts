import { z } from "zod";
import { NS_PER_S, parseDurationNs } from "../../lib/duration.ts";
import { Refusal } from "../../lib/refusal.ts";
import { goString, goStrings } from "../../model/go-decode.ts";
import { refuseBadSessionId, Session } from "../../model/session.ts";
import type { QueryResult } from "../../state/query.ts";
import { readBody } from "../body.ts";
import { decodeJsonBody } from "../json-body.ts";
import { one, READ_QUERY, ReadQuery } from "../query-schema.ts";
import { defineRoute, json } from "../route.ts";

export interface SessionDeps {
  session: {
    create(request: Omit<Session, "ID" | "CreateIndex" | "ModifyIndex">): Promise<string>;
    destroy(id: string): Promise<void>;
    /** Undefined when there is none. */
    renew(id: string): Session | undefined | Promise<Session | undefined>;
    get(id: string): QueryResult<Session | undefined>;
    list(): QueryResult<Session[]>;
    ofNode(node: string): QueryResult<Session[]>;
    /** The node that a session belongs to when the request names none. */
    defaultNode(): string;
  };
}

const WriteQuery = z.object({ dc: one, ns: one });
const Sessions = z.array(Session);
const NO_WISHES = new TextEncoder().encode("{}");
const BODY_BYTES_MAX = 512 * 1024;
const DEFAULT_LOCK_DELAY_NS = 15 * NS_PER_S;
/** Consul reads a bare number below this as seconds, and as nanoseconds above. */
const LOCK_DELAY_SECONDS_MAX = 1000;

/** Durations travel as Go texts or as numbers; other JSON is ignored. */
const LockDelay = z
  .unknown()
  .default(null)
  .transform((value) => {
    if (typeof value === "number") return value < LOCK_DELAY_SECONDS_MAX ? value * NS_PER_S : value;
    if (typeof value !== "string") return DEFAULT_LOCK_DELAY_NS;
    try {
      return parseDurationNs(value);
    } catch (error) {
      throw new Refusal((error as Error).message, 400);
    }
  });

const lenient = { go: { lenient: true } };
const CreateBody = z
  .object({
    Name: goString(),
    Node: goString(),
    LockDelay,
    Behavior: goString(),
    TTL: goString(),
    NodeChecks: goStrings(),
    ServiceChecks: z
      .array(z.object({ ID: goString(), Namespace: goString() }).meta(lenient))
      .nullable()
      .default(null),
    /** The name of `NodeChecks` before Consul 1.7. */
    Checks: goStrings(),
  })
  .meta(lenient);

const create = defineRoute({
  method: "PUT",
  path: "/v1/session/create",
  summary: "Create a session",
  query: WriteQuery,
  answer: z.object({ ID: z.string() }),
  acl: "session:write",
  namespaced: true,
  async handle({ raw, askedNode }, { session }: SessionDeps) {
    const bytes = await readBody(raw, BODY_BYTES_MAX);
    const wishes = bytes.length === 0 ? NO_WISHES : bytes;
    const { Checks, ...body } = decodeJsonBody(CreateBody, wishes, "Request decode failed: ");
    const ID = await session.create({
      ...body,
      Node: body.Node || (askedNode ?? session.defaultNode()),
      NodeChecks: body.NodeChecks ?? Checks ?? ["serfHealth"],
    });
    return json({ ID });
  },
});

const destroy = defineRoute({
  method: "PUT",
  path: "/v1/session/destroy/:id{.*}",
  summary: "End a session and give up its locks",
  query: WriteQuery,
  answer: z.boolean(),
  acl: "session:write",
  namespaced: true,
  async handle({ params }, { session }: SessionDeps) {
    await session.destroy(sessionId(params.id));
    return json(true);
  },
});

const renew = defineRoute({
  method: "PUT",
  path: "/v1/session/renew/:id{.*}",
  summary: "Start the time to live of a session anew",
  query: WriteQuery,
  answer: Sessions,
  acl: "session:write",
  namespaced: true,
  async handle({ params }, { session }: SessionDeps) {
    const id = sessionId(params.id);
    const renewed = await session.renew(id);
    if (renewed === undefined) throw new Refusal(`Session id '${id}' not found`, 404);
    return json([renewed]);
  },
});

const info = defineRoute({
  method: "GET",
  path: "/v1/session/info/:id{.*}",
  summary: "Read a session",
  query: ReadQuery,
  answer: Sessions,
  acl: "session:read",
  blocking: "index",
  namespaced: true,
  read({ params }, { session }: SessionDeps) {
    const found = session.get(sessionId(params.id));
    return { ...found, value: found.value === undefined ? [] : [found.value] };
  },
});

const ofNode = defineRoute({
  method: "GET",
  path: "/v1/session/node/:node{.*}",
  summary: "List the sessions of a node",
  query: z.object(READ_QUERY),
  answer: Sessions,
  acl: "session:read",
  blocking: "index",
  namespaced: true,
  read({ params }, { session }: SessionDeps) {
    if (!params.node) throw new Refusal("Missing node name", 400);
    return session.ofNode(params.node);
  },
});

const list = defineRoute({
  method: "GET",
  path: "/v1/session/list",
  summary: "List all sessions",
  query: ReadQuery,
  answer: Sessions,
  acl: "session:read",
  blocking: "index",
  namespaced: true,
  read: (_request, { session }: SessionDeps) => session.list(),
});

export const sessionRoutes = [create, destroy, renew, info, ofNode, list] as const;

function sessionId(id: string | undefined): string {
  if (!id) throw new Refusal("Missing session", 400);
  refuseBadSessionId(id);
  return id;
}
