import { z } from "zod";
import type { QueryResult } from "../../state/query.ts";
import { one, READ_QUERY } from "../query-schema.ts";
import { defineRoute, EMPTY, json, type Reply, reply } from "../route.ts";

/** Where a node is in the network: lengths are seconds of round trip. */
const Coord = z.strictObject({
  Vec: z.array(z.number()),
  Error: z.number().default(0),
  Adjustment: z.number().default(0),
  Height: z.number().default(0),
});
const NodeCoordinate = z.object({ Node: z.string(), Segment: z.string(), Coord });
type NodeCoordinate = z.infer<typeof NodeCoordinate>;
const DatacenterCoordinates = z.object({
  Datacenter: z.string(),
  AreaID: z.string(),
  Coordinates: z.array(NodeCoordinate),
});

export interface CoordinateDeps {
  coordinate: {
    /** Coordinates of the servers of each datacenter. */
    datacenters(): z.infer<typeof DatacenterCoordinates>[];
    nodes(): QueryResult<NodeCoordinate[]>;
    node(name: string): QueryResult<NodeCoordinate[]>;
    /** Throws a Refusal for one that others can't be compared with. */
    update(update: NodeCoordinate): void;
  };
}

const SEGMENT_QUERY = { ...READ_QUERY, segment: one };

/** Without `?segment` all segments; with it, also an empty one, only that (observed, Consul 1.8.7). */
function inSegment(found: NodeCoordinate[], segment: string | undefined): NodeCoordinate[] {
  return segment === undefined ? found : found.filter((each) => each.Segment === segment);
}

export const coordinateRoutes = [
  defineRoute({
    method: "GET",
    path: "/v1/coordinate/datacenters",
    summary: "Network coordinates of the servers, by datacenter",
    query: z.object({}),
    answer: z.array(DatacenterCoordinates),
    acl: "none",
    handle: (_request, { coordinate }: CoordinateDeps) => json(coordinate.datacenters()),
  }),
  defineRoute({
    method: "GET",
    path: "/v1/coordinate/nodes",
    summary: "Network coordinates of all nodes",
    query: z.object(SEGMENT_QUERY),
    answer: z.array(NodeCoordinate),
    acl: "node:read",
    blocking: "index",
    read({ query }, { coordinate }: CoordinateDeps) {
      const found = coordinate.nodes();
      return { ...found, value: inSegment(found.value, query.segment) };
    },
  }),
  defineRoute({
    method: "GET",
    path: "/v1/coordinate/node/:node{.*}",
    summary: "Network coordinates of a node",
    query: z.object(SEGMENT_QUERY),
    answer: z.array(NodeCoordinate),
    acl: "node:read",
    blocking: "index",
    read({ params, query }, { coordinate }: CoordinateDeps): QueryResult<NodeCoordinate[] | Reply> {
      const found = coordinate.node(params.node ?? "");
      const value = inSegment(found.value, query.segment);
      return { ...found, value: value.length === 0 ? reply({ status: 404 }) : value };
    },
  }),
  defineRoute({
    method: "PUT",
    path: "/v1/coordinate/update",
    summary: "Tell where a node is in the network",
    query: z.object({ dc: one }),
    body: z.strictObject({
      Node: z.string().default(""),
      Segment: z.string().default(""),
      Coord: Coord.default({ Vec: [], Error: 0, Adjustment: 0, Height: 0 }),
    }),
    answer: z.undefined(),
    acl: "node:write",
    handle({ body }, { coordinate }: CoordinateDeps) {
      coordinate.update(body);
      return EMPTY;
    },
  }),
] as const;
