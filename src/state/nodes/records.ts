import { count, dict, exactText, text } from "../../codec/msgpack/shape.ts";
import type { Node } from "../../model/node.ts";
import { sortedMap } from "../catalog/docs.ts";
import type { RecordDb } from "../records/kind.ts";

/** Fields of a node, as they are in each record that is about it. */
export const nodeFields = {
  Address: text,
  CreateIndex: count,
  Datacenter: text,
  ID: text,
  ModifyIndex: count,
  Node: exactText,
  NodeMeta: dict(text),
  TaggedAddresses: dict(text),
};

type NodeRecord = Omit<Node, "Meta"> & { NodeMeta: Node["Meta"] };

/** Puts the node; when it `isAside`, beside what the record is about, one that is there stays. */
export function loadNode(db: RecordDb, record: NodeRecord, isAside: boolean): void {
  const node: Node = {
    ID: record.ID,
    Node: record.Node,
    Address: record.Address,
    Datacenter: record.Datacenter,
    TaggedAddresses: sortedMap(record.TaggedAddresses),
    Meta: sortedMap(record.NodeMeta),
    CreateIndex: record.CreateIndex,
    ModifyIndex: record.ModifyIndex,
  };
  db.query(
    `INSERT OR ${isAside ? "IGNORE" : "REPLACE"} INTO nodes (node_key, id_key, address, doc) VALUES (?, ?, ?, ?)`,
  ).run(node.Node.toLowerCase(), node.ID.toLowerCase(), node.Address, JSON.stringify(node));
}

/** All nodes, in the order of their keys. */
export function nodeRecords(db: RecordDb): { nodeKey: string; record: NodeRecord }[] {
  const rows = db.query("SELECT node_key AS nodeKey, doc FROM nodes ORDER BY node_key").all() as {
    nodeKey: string;
    doc: string;
  }[];
  return rows.map(({ nodeKey, doc }) => {
    const { Meta: NodeMeta, ...node } = JSON.parse(doc) as Node;
    return { nodeKey, record: { ...node, NodeMeta } };
  });
}
