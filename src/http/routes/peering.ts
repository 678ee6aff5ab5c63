import { z } from "zod";
import { one, READ_QUERY } from "../query-schema.ts";
import { defineRoute, json, text } from "../route.ts";

const NO_PEERING =
  "Muster has no cluster peering: datacenters see each other through the WAN pool of their servers. Join it with " +
  "`join -wan` or `retry_join_wan`, and ask for another datacenter with ?dc=";

const WRITE_QUERY = z.object({ dc: one });

const list = defineRoute({
  method: "GET",
  path: "/v1/peerings",
  summary: "Clusters that this one peers with: none",
  query: z.object(READ_QUERY),
  answer: z.array(z.never()),
  acl: "peering:read",
  beyondConsul: true,
  handle: () => json([]),
});

/** 400, and not 501: programs try again what a server can't do yet. */
const refusal = <const M extends "POST" | "DELETE", const P extends string>(method: M, path: P) =>
  defineRoute({
    ...{ method, path },
    summary: "Refused: there is no cluster peering",
    query: WRITE_QUERY,
    answer: z.undefined(),
    acl: "peering:write",
    beyondConsul: true,
    handle: () => text(NO_PEERING, 400),
  });

const read = defineRoute({
  method: "GET",
  path: "/v1/peering/:name{.*}",
  summary: "One cluster that this one peers with: there is none",
  query: z.object(READ_QUERY),
  answer: z.undefined(),
  acl: "peering:read",
  beyondConsul: true,
  handle: ({ params }) => text(`Peering not found for ${JSON.stringify(params.name ?? "")}`, 404),
});

export const peeringRoutes = [
  list,
  refusal("POST", "/v1/peering/token"),
  refusal("POST", "/v1/peering/establish"),
  read,
  refusal("DELETE", "/v1/peering/:name{.*}"),
] as const;
