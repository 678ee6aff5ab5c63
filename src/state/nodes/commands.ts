import { eq, sql } from "drizzle-orm";
import { Refusal } from "../../lib/refusal.ts";
import type { Node } from "../../model/node.ts";
import { sameButIndexes, sortedMap } from "../catalog/docs.ts";
import type { Change } from "../change.ts";
import { deleteChecksOfInstance } from "../checks/commands.ts";
import { checkStatus } from "../checks/queries.ts";
import { deleteCoordinates } from "../coordinates/commands.ts";
import { prepared } from "../db.ts";
import { bumpIndex } from "../indexes/commands.ts";
import { deleteService } from "../services/commands.ts";
import { servicesOfNode } from "../services/queries.ts";
import { touchInstances } from "../services/touch.ts";
import { endSessionsOfNode } from "../sessions/commands.ts";
import { NODES_TOPIC, nodeTopic } from "../topics.ts";
import { nodeById, nodeByName } from "./queries.ts";
import { nodes } from "./tables.ts";

/** A node as it is registered. */
export type NodeInput = Omit<Node, "CreateIndex" | "ModifyIndex">;

const statements = prepared((db) => ({
  insert: db
    .insert(nodes)
    .values({
      nodeKey: sql.placeholder("nodeKey"),
      idKey: sql.placeholder("idKey"),
      address: sql.placeholder("address"),
      doc: sql.placeholder("doc"),
    })
    .prepare(),
  remove: db
    .delete(nodes)
    .where(eq(nodes.nodeKey, sql.placeholder("nodeKey")))
    .prepare(),
}));

/**
 * Registers a node. An id that is known under another name renames: the old node leaves with all it has, and the new
 * one keeps its CreateIndex. Throws a Refusal when the name belongs to another node that is alive.
 */
export function ensureNode(change: Change, node: NodeInput): void {
  const known = renamedFrom(change, node);
  const held = known?.Node === node.Node ? known : takenFrom(change, node);
  const before = known ?? held;
  const after = stored(node, before?.CreateIndex ?? change.index, change.index);
  if (before !== undefined && sameButIndexes(before, after)) return;
  const nodeKey = node.Node.toLowerCase();
  const run = statements(change.db);
  run.remove.run({ nodeKey });
  run.insert.run({ nodeKey, idKey: node.ID.toLowerCase(), address: node.Address, doc: JSON.stringify(after) });
  bumpIndex(change, "nodes");
  change.touch(NODES_TOPIC);
  change.touch(nodeTopic(nodeKey));
  touchInstances(change, nodeKey, "", "data");
}

/** Removes a node with its services, checks, coordinates and sessions; an unknown one is no error. */
export function deleteNode(change: Change, name: string): void {
  const node = nodeByName(change.db, name);
  if (node === undefined) return;
  for (const service of servicesOfNode(change.db, name)) deleteService(change, name, service.ID);
  deleteChecksOfInstance(change, name, "");
  deleteCoordinates(change, name);
  statements(change.db).remove.run({ nodeKey: name.toLowerCase() });
  bumpIndex(change, "nodes");
  change.touch(NODES_TOPIC);
  change.touch(nodeTopic(name));
  endSessionsOfNode(change, node.Node);
}

/**
 * The node that has had this name so far. A failed agent of another id is one no more: it goes with all it had, as what
 * it had is of no use to the new one (Consul keeps its sessions and CreateIndex).
 */
function takenFrom(change: Change, node: NodeInput): Node | undefined {
  const before = nodeByName(change.db, node.Node);
  const isOther = before !== undefined && before.ID !== "" && node.ID !== "" && before.ID !== node.ID;
  if (!isOther || checkStatus(change.db, node.Node, "serfHealth") === undefined) return before;
  deleteNode(change, before.Node);
  return undefined;
}

/** The node that has this id, taken away first when it goes by another name. Undefined when the id is new or empty. */
function renamedFrom(change: Change, node: NodeInput): Node | undefined {
  if (node.ID === "") return undefined;
  const owner = nodeById(change.db, node.ID);
  if (owner === undefined) {
    refuseReservedName(change, node, true, `Error while renaming Node ID: ${JSON.stringify(node.ID)}`);
    return undefined;
  }
  if (owner.Node === node.Node) return owner;
  const what = `Error while renaming Node ID: ${JSON.stringify(node.ID)} (${node.Address})`;
  refuseReservedName(change, node, false, what);
  deleteNode(change, owner.Node);
  return owner;
}

/**
 * A name is free, or its owner is not a living agent: it has no serfHealth check or a critical one, or it has no id and
 * may be given one (Consul 1.8.7).
 */
function refuseReservedName(change: Change, node: NodeInput, mayTakeFromNoId: boolean, what: string): void {
  const owner = nodeByName(change.db, node.Node);
  if (owner === undefined || owner.ID === node.ID || (owner.ID === "" && mayTakeFromNoId)) return;
  const status = checkStatus(change.db, owner.Node, "serfHealth");
  if (status === undefined || status === "critical") return;
  throw new Refusal(
    `${what}: Node name ${node.Node} is reserved by node ${owner.ID} with name ${owner.Node} (${owner.Address})`,
  );
}

function stored(node: NodeInput, createIndex: number, modifyIndex: number): Node {
  return {
    ID: node.ID,
    Node: node.Node,
    Address: node.Address,
    Datacenter: node.Datacenter,
    TaggedAddresses: sortedMap(node.TaggedAddresses),
    Meta: sortedMap(node.Meta),
    CreateIndex: createIndex,
    ModifyIndex: modifyIndex,
  };
}
