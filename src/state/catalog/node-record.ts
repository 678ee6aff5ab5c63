import type { HealthCheck } from "../../model/check.ts";
import type { Deregistered } from "../../model/deregistered.ts";
import type { Node } from "../../model/node.ts";
import type { NodeService } from "../../model/service.ts";
import { checksOfNode } from "../checks/queries.ts";
import type { StateDb } from "../db.ts";
import { deregistrationsOf } from "../deregistrations/queries.ts";
import { nodeByName } from "../nodes/queries.ts";
import { servicesOfNode } from "../services/queries.ts";

/** All that an agent compares itself with, of one moment. */
export interface NodeRecord {
  /** Null when it is unknown. */
  node: Node | null;
  services: NodeService[];
  checks: HealthCheck[];
  deregistered: Deregistered[];
}

/** The node of this name, and what was deregistered on purpose of the one with this id ("" for nothing). */
export function nodeRecord(db: StateDb, name: string, id: string): NodeRecord {
  return {
    node: nodeByName(db, name) ?? null,
    services: servicesOfNode(db, name),
    checks: checksOfNode(db, name),
    deregistered: deregistrationsOf(db, id),
  };
}
