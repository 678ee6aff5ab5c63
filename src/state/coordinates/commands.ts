import { eq, sql } from "drizzle-orm";
import type { Coordinate } from "../../lib/coordinate.ts";
import { nodeCoordinatesTopic } from "../catalog/topics.ts";
import type { Change } from "../change.ts";
import { prepared } from "../db.ts";
import { bumpIndex } from "../indexes/commands.ts";
import { nodeExists } from "../nodes/queries.ts";
import { COORDINATES_TOPIC } from "../topics.ts";
import { coordinatesOfNode } from "./queries.ts";
import { coordinates } from "./tables.ts";

export interface CoordinateUpdate {
  Node: string;
  Segment: string;
  Coord: Coordinate;
}

export type CoordinateCommand = { type: "coordinate.batch-update"; updates: CoordinateUpdate[] };

const statements = prepared((db) => ({
  upsert: db
    .insert(coordinates)
    .values({
      nodeKey: sql.placeholder("nodeKey"),
      Segment: sql.placeholder("Segment"),
      Node: sql.placeholder("Node"),
      Coord: sql.placeholder("Coord"),
    })
    .onConflictDoUpdate({
      target: [coordinates.nodeKey, coordinates.Segment],
      set: { Node: sql`excluded.node`, Coord: sql`excluded.coord` },
    })
    .prepare(),
  remove: db
    .delete(coordinates)
    .where(eq(coordinates.nodeKey, sql.placeholder("nodeKey")))
    .prepare(),
}));

/** Stores coordinates; those of unknown nodes are dropped, because a node may leave while an update is on its way. */
export function applyCoordinate(change: Change, command: CoordinateCommand): true {
  for (const update of command.updates) {
    if (!nodeExists(change.db, update.Node)) continue;
    const known = coordinatesOfNode(change.db, update.Node).find((row) => row.Segment === update.Segment);
    if (
      known !== undefined &&
      known.Node === update.Node &&
      JSON.stringify(known.Coord) === JSON.stringify(update.Coord)
    )
      continue;
    statements(change.db).upsert.run({ nodeKey: update.Node.toLowerCase(), ...update });
    touchCoordinates(change, update.Node);
  }
  return true;
}

/** Forgets the coordinates of a node that leaves. */
export function deleteCoordinates(change: Change, node: string): void {
  if (coordinatesOfNode(change.db, node).length === 0) return;
  statements(change.db).remove.run({ nodeKey: node.toLowerCase() });
  touchCoordinates(change, node);
}

function touchCoordinates(change: Change, node: string): void {
  bumpIndex(change, "coordinates");
  change.touch(COORDINATES_TOPIC);
  change.touch(nodeCoordinatesTopic(node));
}
