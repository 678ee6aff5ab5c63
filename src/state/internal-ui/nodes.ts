import { escapeGoJson } from "../../lib/go-json.ts";
import type { StateDb } from "../db.ts";
import { indexesOf } from "../indexes/indexes.ts";
import { tableIndex } from "../indexes/queries.ts";
import type { QueryResult } from "../query.ts";
import { CHECKS_TOPIC, NODES_TOPIC, nodeChecksTopic, nodeTopic, SERVICES_TOPIC } from "../topics.ts";

const TABLES = ["nodes", "services", "checks"] as const;

/**
 * All nodes with their services and checks, as JSON in Go's way: a list of the model's UiNode by name. It is put together from what the rows
 * have as JSON already, since for a thousand nodes reading and writing all of it anew takes many times as long.
 */
export function uiNodes(db: StateDb): QueryResult<string> {
  const index = tableIndex(db, TABLES);
  // Every change of a row moves one of the indexes.
  const version = `${indexesOf(db).generation} ${index.index}`;
  let known = memo.get(db);
  if (known?.version !== version) {
    known = { version, text: escapeGoJson(`[${nodeTexts(db, undefined).join(",")}]`) };
    if (known.text.length <= MEMO_CHARS_MAX) memo.set(db, known);
    else memo.delete(db);
  }
  return { value: known.text, ...index, interest: { topics: [NODES_TOPIC, SERVICES_TOPIC, CHECKS_TOPIC] } };
}

/** A larger text is made for each reader. */
const MEMO_CHARS_MAX = 8 * 1024 * 1024;
/** The last text: whoever waits for changes of all nodes is woken by the same ones. */
const memo = new WeakMap<StateDb, { version: string; text: string }>();

/** One node as JSON in Go's way, by name; undefined when it is unknown. */
export function uiNode(db: StateDb, name: string): QueryResult<string | undefined> {
  const [text] = nodeTexts(db, name.toLowerCase());
  const value = text === undefined ? undefined : escapeGoJson(text);
  return { value, ...tableIndex(db, TABLES), interest: { topics: [nodeTopic(name), nodeChecksTopic(name)] } };
}

interface DocRow {
  key: string;
  doc: string;
}

/** The field of a stored check that is no list where its service has none. No text in JSON can look like it. */
const NO_TAGS = '"ServiceTags":[]';
const NULL_TAGS = '"ServiceTags":null';
const SERVICE_WITH_EMPTY_TAGS = '"Tags":[]';

function nodeTexts(db: StateDb, nodeKey: string | undefined): string[] {
  const services = byNode(db, "services", "id_key", nodeKey);
  const checks = byNode(db, "checks", "check_key", nodeKey);
  const { where, values } = only(nodeKey);
  const nodes = db.$client.query(`SELECT node_key AS key, doc FROM nodes ${where} ORDER BY node_key`).all(...values);
  return (nodes as DocRow[]).map(({ key, doc }) => {
    const { ID, Node, Address, TaggedAddresses, Meta } = JSON.parse(doc) as Record<string, unknown>;
    const node = JSON.stringify({ ID, Node, Address, TaggedAddresses, Meta }).slice(0, -1);
    const ofServices = services.get(key) ?? "";
    const ofChecks = withNullTags(checks.get(key) ?? "", ofServices);
    return `${node},"Services":[${ofServices}],"Checks":[${ofChecks}]}`;
  });
}

/** The documents of a table, joined for each node. */
function byNode(db: StateDb, table: "services" | "checks", order: string, nodeKey?: string): Map<string, string> {
  const { where, values } = only(nodeKey);
  const rows = db.$client
    .query(
      `SELECT node_key AS key, group_concat(doc, ',' ORDER BY ${order}) AS doc FROM ${table} ${where} GROUP BY node_key`,
    )
    .all(...values) as DocRow[];
  return new Map(rows.map(({ key, doc }) => [key, doc]));
}

const only = (nodeKey: string | undefined) =>
  nodeKey === undefined ? { where: "", values: [] } : { where: "WHERE node_key = ?", values: [nodeKey] };

/** A check has the tags of its service: a service without any says so by null, as its checks do then (observed, Consul 1.8.7). */
function withNullTags(checks: string, services: string): string {
  if (!checks.includes(NO_TAGS)) return checks;
  if (!services.includes(SERVICE_WITH_EMPTY_TAGS)) return checks.replaceAll(NO_TAGS, NULL_TAGS);
  const empty = (JSON.parse(`[${services}]`) as { ID: string; Tags: unknown }[])
    .filter(({ Tags }) => Array.isArray(Tags) && Tags.length === 0)
    .map(({ ID }) => ID);
  const all = JSON.parse(`[${checks}]`) as { ServiceID: string; ServiceTags: unknown[] | null }[];
  return JSON.stringify(
    all.map((check) =>
      check.ServiceTags?.length === 0 && !empty.includes(check.ServiceID) ? { ...check, ServiceTags: null } : check,
    ),
  ).slice(1, -1);
}
