import { asc, eq, sql } from "drizzle-orm";
import type { Coordinate } from "../../lib/coordinate.ts";
import { nodeCoordinatesTopic } from "../catalog/topics.ts";
import { prepared, type StateDb } from "../db.ts";
import { tableIndex } from "../indexes/queries.ts";
import type { QueryResult } from "../query.ts";
import { COORDINATES_TOPIC } from "../topics.ts";
import type { CoordinateUpdate } from "./commands.ts";
import { coordinates } from "./tables.ts";

const columns = { Node: coordinates.Node, Segment: coordinates.Segment, Coord: coordinates.Coord };

const statements = prepared((db) => ({
  all: db.select(columns).from(coordinates).orderBy(asc(coordinates.nodeKey), asc(coordinates.Segment)).prepare(),
  ofNode: db
    .select(columns)
    .from(coordinates)
    .where(eq(coordinates.nodeKey, sql.placeholder("nodeKey")))
    .orderBy(asc(coordinates.Segment))
    .prepare(),
}));

/** Coordinates of a node in each of its segments. */
export function coordinatesOfNode(db: StateDb, node: string): CoordinateUpdate[] {
  return statements(db).ofNode.all({ nodeKey: node.toLowerCase() });
}

/** The coordinate of each node in the default segment, by folded name: what sorting by distance looks up. */
export function coordinatesByNode(db: StateDb): Map<string, Coordinate> {
  const byNode = new Map<string, Coordinate>();
  for (const row of statements(db).all.all()) if (row.Segment === "") byNode.set(row.Node.toLowerCase(), row.Coord);
  return byNode;
}

/** Coordinates of all nodes, by name. */
export function coordinateList(db: StateDb): QueryResult<CoordinateUpdate[]> {
  return {
    value: statements(db).all.all(),
    ...tableIndex(db, ["coordinates"]),
    interest: { topics: [COORDINATES_TOPIC] },
  };
}

/** Coordinates of one node; empty when there are none. */
export function coordinateNode(db: StateDb, node: string): QueryResult<CoordinateUpdate[]> {
  return {
    value: coordinatesOfNode(db, node),
    ...tableIndex(db, ["coordinates"]),
    interest: { topics: [nodeCoordinatesTopic(node)] },
  };
}
