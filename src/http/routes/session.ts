import { z } from "zod";
import { NS_PER_S, parseDurationNs } from "../../lib/duration.ts";
import { Refusal } from "../../lib/refusal.ts";
import { ServiceCheckRef, Session } from "../../model/session.ts";
import type { QueryResult } from "../../state/query.ts";
import { readBody } from "../body.ts";
import { decodeJsonBody } from "../json-body.ts";
import { one, READ_QUERY, ReadQuery } from "../query-schema.ts";
import { defineRoute, json } from "../route.ts";

export interface SessionDeps {
  session: {
    create(request: Omit<Session, "ID" | "CreateIndex" | "ModifyIndex">): Promise<string>;
    destroy(id: string): Promise<void>;
    renew(id: string): Session | undefined;
    get(id: string): QueryResult<Session | undefined>;
    list(): QueryResult<Session[]>;
    ofNode(node: string): QueryResult<Session[]>;
    /** The node that a session belongs to when the request names none. */
    defaultNode(): string;
  };
}

const WriteQuery = z.object({ dc: one, ns: one });
const Sessions = z.array(Session);
const BODY_BYTES_MAX = 512 * 1024;
const DEFAULT_LOCK_DELAY_NS = 15 * NS_PER_S;
/** Consul reads a bare number below this as seconds, and as nanoseconds above. */
const LOCK_DELAY_SECONDS_MAX = 1000;

/** Durations travel as Go texts or as numbers. */
const LockDelay = z.union([z.string(), z.number()]).transform((value, ctx) => {
  if (typeof value === "number") return value < LOCK_DELAY_SECONDS_MAX ? value * NS_PER_S : value;
  try {
    return parseDurationNs(value);
  } catch (error) {
    ctx.addIssue({ code: "custom", message: (error as Error).message });
    return z.NEVER;
  }
});

const CreateBody = z
  .object({
    Name: z.string(),
    Node: z.string(),
    LockDelay,
    Behavior: z.string(),
    TTL: z.string(),
    NodeChecks: z.array(z.string()).nullable(),
    ServiceChecks: z.array(ServiceCheckRef.partial({ Namespace: true })).nullable(),
    /** The name of `NodeChecks` before Consul 1.7. */
    Checks: z.array(z.string()).nullable(),
  })
  .partial();

const create = defineRoute({
  method: "PUT",
  path: "/v1/session/create",
  summary: "Create a session",
  query: WriteQuery,
  answer: z.object({ ID: z.string() }),
  acl: "session:write",
  namespaced: true,
  async handle({ raw }, { session }: SessionDeps) {
    const bytes = await readBody(raw, BODY_BYTES_MAX);
    const body = bytes.length === 0 ? {} : decodeJsonBody(CreateBody, bytes, "Request decode failed: ");
    const ID = await session.create({
      Name: body.Name ?? "",
      Node: body.Node || session.defaultNode(),
      LockDelay: body.LockDelay ?? DEFAULT_LOCK_DELAY_NS,
      Behavior: body.Behavior ?? "",
      TTL: body.TTL ?? "",
      NodeChecks: body.NodeChecks ?? body.Checks ?? ["serfHealth"],
      ServiceChecks: body.ServiceChecks?.map(({ ID, Namespace }) => ({ ID, Namespace: Namespace ?? "" })) ?? null,
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
  handle({ params }, { session }: SessionDeps) {
    const id = sessionId(params.id);
    const renewed = session.renew(id);
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

const UUID_LENGTH = 36;

function sessionId(id: string | undefined): string {
  if (!id) throw new Refusal("Missing session", 400);
  if (id.length !== UUID_LENGTH) throw new Refusal("failed session lookup: index error: UUID must be 36 characters");
  return id;
}
