import { z } from "zod";
import { Refusal } from "../../lib/refusal.ts";
import { UserEvent } from "../../model/event.ts";
import type { QueryResult } from "../../state/query.ts";
import { readBody } from "../body.ts";
import { one, READ_QUERY } from "../query-schema.ts";
import { defineRoute, json } from "../route.ts";

export interface EventDeps {
  event: {
    fire(event: Omit<UserEvent, "ID" | "Version" | "LTime">): UserEvent;
    list(name: string): QueryResult<UserEvent[]>;
  };
}

const PAYLOAD_BYTES_MAX = 64 * 1024;

const fire = defineRoute({
  method: "PUT",
  path: "/v1/event/fire/:name{.*}",
  answeredBy: "member",
  summary: "Fire a user event",
  query: z.object({ dc: one, node: one, service: one, tag: one }),
  answer: UserEvent,
  acl: "event:write",
  async handle({ params, query, raw }, { event }: EventDeps) {
    if (!params.name) throw new Refusal("Missing name", 400);
    const payload = await readBody(raw, PAYLOAD_BYTES_MAX);
    const fired = event.fire({
      Name: params.name,
      Payload: payload.length === 0 ? null : payload,
      NodeFilter: query.node ?? "",
      ServiceFilter: query.service ?? "",
      TagFilter: query.tag ?? "",
    });
    return json(fired);
  },
});

const list = defineRoute({
  method: "GET",
  path: "/v1/event/list",
  answeredBy: "agent",
  summary: "List the user events this agent saw last",
  query: z.object({ ...READ_QUERY, name: one, node: one, service: one, tag: one }),
  answer: z.array(UserEvent),
  acl: "event:read",
  blocking: "version",
  read: ({ query }, { event }: EventDeps) => event.list(query.name ?? ""),
});

export const eventRoutes = [fire, list] as const;
