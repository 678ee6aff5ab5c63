import { and, asc, eq, gte, lt, sql } from "drizzle-orm";
import type { Node } from "../../model/node.ts";
import { decodeDoc, decodeDocs } from "../catalog/docs.ts";
import { checks } from "../checks/tables.ts";
import { prepared, type StateDb } from "../db.ts";
import { maxIndex } from "../indexes/queries.ts";
import type { QueryResult } from "../query.ts";
import { NODES_TOPIC } from "../topics.ts";
import { nodes } from "./tables.ts";

const docOnly = { doc: nodes.doc };

const statements = prepared((db) => ({
  byName: db
    .select(docOnly)
    .from(nodes)
    .where(eq(nodes.nodeKey, sql.placeholder("nodeKey")))
    .prepare(),
  byId: db
    .select(docOnly)
    .from(nodes)
    .where(and(sql`${nodes.idKey} <> ''`, eq(nodes.idKey, sql.placeholder("idKey"))))
    .limit(1)
    .prepare(),
  byIdPrefix: db
    .select(docOnly)
    .from(nodes)
    .where(
      and(sql`${nodes.idKey} <> ''`, gte(nodes.idKey, sql.placeholder("from")), lt(nodes.idKey, sql.placeholder("to"))),
    )
    .limit(2)
    .prepare(),
  byAddress: db
    .select(docOnly)
    .from(nodes)
    .where(eq(nodes.address, sql.placeholder("address")))
    .orderBy(asc(nodes.nodeKey))
    .prepare(),
  all: db.select(docOnly).from(nodes).orderBy(asc(nodes.nodeKey)).prepare(),
  exists: db
    .select({ one: sql<number>`1` })
    .from(nodes)
    .where(eq(nodes.nodeKey, sql.placeholder("nodeKey")))
    .prepare(),
  withCheck: db
    .select({ nameKey: nodes.nodeKey, idKey: nodes.idKey, health: checks.status })
    .from(nodes)
    .leftJoin(checks, and(eq(checks.nodeKey, nodes.nodeKey), eq(checks.checkKey, sql.placeholder("checkKey"))))
    .prepare(),
  count: db.select({ n: sql<number>`count(*)` }).from(nodes).prepare(),
}));

/** A node by name, without regard to case. */
export function nodeByName(db: StateDb, name: string): Node | undefined {
  const row = statements(db).byName.get({ nodeKey: name.toLowerCase() });
  return row && decodeDoc(row);
}

/** A node by its whole id. */
export function nodeById(db: StateDb, id: string): Node | undefined {
  const row = statements(db).byId.get({ idKey: id.toLowerCase() });
  return row && decodeDoc(row);
}

/** True when a node of this name is registered, without regard to case. */
export function nodeExists(db: StateDb, name: string): boolean {
  return statements(db).exists.get({ nodeKey: name.toLowerCase() }) !== undefined;
}

/** Nodes with exactly this address, by name: what a reverse look-up asks. */
export function nodesByAddress(db: StateDb, address: string): Node[] {
  return decodeDocs(statements(db).byAddress.all({ address }));
}

/** Every node with the status of one of its checks, folded and in no order: all at once, as a leader looks at them. */
export function nodesWithCheck(
  db: StateDb,
  checkId: string,
): { nameKey: string; idKey: string; health: string | undefined }[] {
  const rows = statements(db).withCheck.all({ checkKey: checkId.toLowerCase() });
  return rows.map(({ nameKey, idKey, health }) => ({ nameKey, idKey, health: health ?? undefined }));
}

/** How many nodes are registered. */
export function nodeCount(db: StateDb): number {
  return statements(db).count.get()?.n ?? 0;
}

/** Every node with all of `nodeMeta`, by name. */
export function nodeList(db: StateDb, nodeMeta: Readonly<Record<string, string>> = {}): QueryResult<Node[]> {
  return {
    value: decodeDocs<Node>(statements(db).all.all()).filter((node) => hasMeta(node.Meta, nodeMeta)),
    index: maxIndex(db, ["nodes"]),
    interest: { topics: [NODES_TOPIC] },
  };
}

/** True when `meta` has every pair of `wanted`. */
export function hasMeta(
  meta: Readonly<Record<string, string>> | null,
  wanted: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(wanted).every(([key, value]) => meta?.[key] === value);
}

const ID_PREFIX = /^[0-9a-f-]{2,36}$/i;

/** True for what may be the beginning of a node's id, which stands for its name in some look-ups. */
export function isIdPrefix(text: string): boolean {
  return ID_PREFIX.test(text);
}

/** A node by name, else by an unambiguous beginning of its id (two characters or more). */
export function nodeByNameOrIdPrefix(db: StateDb, text: string): Node | undefined {
  const byName = nodeByName(db, text);
  if (byName !== undefined || !isIdPrefix(text)) return byName;
  const from = text.toLowerCase();
  // "g" is above every character that an id is written with.
  const matches = statements(db).byIdPrefix.all({ from, to: `${from}g` });
  const [only] = matches;
  return only !== undefined && matches.length === 1 ? decodeDoc(only) : undefined;
}
