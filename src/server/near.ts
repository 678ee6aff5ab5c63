import { sortByDistance } from "../state/coordinates/distance.ts";
import { coordinatesByNode, coordinatesOfNode } from "../state/coordinates/queries.ts";
import type { StateDb } from "../state/db.ts";

/** `?near=`: puts answers in the order of their estimated round trip from a node. */
export class Near {
  readonly #db: StateDb;
  readonly #agentNode: () => string;

  constructor(deps: { db: StateDb; agentNode: () => string }) {
    this.#db = deps.db;
    this.#agentNode = deps.agentNode;
  }

  /** Nearest to `node` first, `_agent` being this agent's; `items` as they are when that node has no coordinate. */
  sort<T>(items: T[], node: string, nodeOf: (item: T) => string): T[] {
    const name = node === "_agent" ? this.#agentNode() : node;
    const from = coordinatesOfNode(this.#db, name).find((each) => each.Segment === "");
    if (from === undefined || items.length < 2) return items;
    const coordinates = coordinatesByNode(this.#db);
    return sortByDistance(items, from.Coord, (item) => coordinates.get(nodeOf(item).toLowerCase()));
  }
}
