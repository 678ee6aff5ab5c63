import { primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { Coordinate } from "../../lib/coordinate.ts";

/** Network coordinates: one for each node and network segment. */
export const coordinates = sqliteTable(
  "coordinates",
  {
    nodeKey: text("node_key").notNull(),
    Segment: text("segment").notNull(),
    Node: text("node").notNull(),
    Coord: text("coord", { mode: "json" }).$type<Coordinate>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.nodeKey, table.Segment] })],
);

export const COORDINATE_SCHEMA: readonly string[] = [
  `CREATE TABLE coordinates (
    node_key TEXT NOT NULL, segment TEXT NOT NULL, node TEXT NOT NULL, coord TEXT NOT NULL,
    PRIMARY KEY (node_key, segment)) WITHOUT ROWID`,
];
