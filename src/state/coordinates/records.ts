import { exactText, list, nullable, type Of, real, struct, text } from "../../codec/msgpack/shape.ts";
import type { RecordKind } from "../records/kind.ts";

const coordinate = struct({
  Coord: nullable(struct({ Adjustment: real, Error: real, Height: real, Vec: list(real) })),
  Node: exactText,
  Segment: text,
});
const shape = list(coordinate);

/** Each record has as many as Consul cares to put into one. */
export const coordinateRecords: RecordKind<Of<typeof shape>> = {
  type: 6,
  shape,
  tables: ["coordinates"],
  load(db, record) {
    const insert = db.query("INSERT OR REPLACE INTO coordinates (node_key, segment, node, coord) VALUES (?, ?, ?, ?)");
    for (const { Node: node, Segment, Coord } of record ?? []) {
      if (Coord === null) continue;
      const { Vec, Error: error, Adjustment, Height } = Coord;
      const coord = { Vec: Vec ?? [], Error: error, Adjustment, Height };
      insert.run(node.toLowerCase(), Segment, node, JSON.stringify(coord));
    }
    return true;
  },
  save(db, put) {
    const rows = db.query("SELECT node, segment, coord FROM coordinates ORDER BY node_key, segment").iterate();
    for (const { node, segment, coord } of rows as Iterable<Record<"node" | "segment" | "coord", string>>) {
      put([{ Node: node, Segment: segment, Coord: JSON.parse(coord) as Of<typeof coordinate>["Coord"] }]);
    }
  },
};
