import { z } from "zod";
import { Refusal } from "../../lib/refusal.ts";
import { goFloat, goString } from "../../model/go-decode.ts";
import type { QueryResult } from "../../state/query.ts";
import { one, READ_QUERY } from "../query-schema.ts";
import { defineRoute, EMPTY, json } from "../route.ts";

/** Where a node is in the network: lengths are seconds of round trip. */
const Coord = z.object({ Vec: z.array(z.number()), Error: z.number(), Adjustment: z.number(), Height: z.number() });
const CoordBody = z
  .object({ Vec: z.array(z.number()).default([]), Error: goFloat(), Adjustment: goFloat(), Height: goFloat() })
  .meta({ go: { type: "coordinate.Coordinate" } });
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
    update(update: NodeCoordinate): void | Promise<void>;
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
    read({ params, query }, { coordinate }: CoordinateDeps): QueryResult<NodeCoordinate[]> {
      const found = coordinate.node(params.node ?? "");
      const value = inSegment(found.value, query.segment);
      // Observed: a node without one is not found, and that has no index to wait by.
      if (value.length === 0) throw new Refusal("", 404);
      return { ...found, value };
    },
  }),
  defineRoute({
    method: "PUT",
    path: "/v1/coordinate/update",
    summary: "Tell where a node is in the network",
    query: z.object({ dc: one }),
    body: z.object({ Node: goString(), Segment: goString(), Coord: CoordBody.nullable().default(null) }),
    answer: z.undefined(),
    acl: "node:write",
    async handle({ body }, { coordinate }: CoordinateDeps) {
      if (body.Coord === null) throw new Refusal("incompatible coordinate");
      await coordinate.update({ ...body, Coord: body.Coord });
      return EMPTY;
    },
  }),
] as const;
