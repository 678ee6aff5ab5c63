import { z } from "zod";
import { one } from "../query-schema.ts";
import { defineRoute, json } from "../route.ts";

export interface StatusDeps {
  status: {
    /** `ip:port` of the leader, or "" when there is none. */
    leader(): string;
    /** `ip:port` of every voter. */
    peers(): string[];
  };
}

const Query = z.object({ dc: one });

export const statusRoutes = [
  defineRoute({
    method: "GET",
    path: "/v1/status/leader",
    summary: "Address of the leader",
    query: Query,
    answer: z.string(),
    acl: "none",
    handle: (_request, { status }: StatusDeps) => json(status.leader()),
  }),
  defineRoute({
    method: "GET",
    path: "/v1/status/peers",
    summary: "Addresses of the servers that vote",
    query: Query,
    answer: z.array(z.string()),
    acl: "none",
    handle: (_request, { status }: StatusDeps) => json(status.peers()),
  }),
] as const;
