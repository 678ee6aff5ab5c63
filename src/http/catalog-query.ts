import { goParseBool } from "../lang/filter/go-string.ts";
import { Refusal } from "../lib/refusal.ts";
import type { NodeService } from "../model/service.ts";
import type { QueryResult } from "../state/query.ts";
import { COORDINATES_TOPIC } from "../state/topics.ts";
import { flag, many, one, READ_QUERY } from "./query-schema.ts";

/** What reads of the catalog's lists take beside the common parameters. */
export const LIST_QUERY = { ...READ_QUERY, near: one, "node-meta": many };
/** What reads of a service's instances take. */
export const INSTANCES_QUERY = { ...LIST_QUERY, tag: many, "merge-central-config": flag };

/** `?near=`: how answers are put in the order of their distance from a node. */
export interface NearDeps {
  near: {
    /** Nearest to `node` first; `items` as they are when its coordinate is not known. `_agent` is this agent's node. */
    sort<T>(items: T[], node: string, nodeOf: (item: T) => string): T[];
  };
}

/** The answer in the order of `?near=` when it is given; it then hangs on the coordinates too. */
export function nearest<T>(
  found: QueryResult<T[]>,
  node: string | undefined,
  nodeOf: (item: T) => string,
  { near }: NearDeps,
): QueryResult<T[]> {
  if (!node) return found;
  const interest = { ...found.interest, topics: [...found.interest.topics, COORDINATES_TOPIC] };
  return { ...found, value: near.sort(found.value, node, nodeOf), interest };
}

/** `?node-meta=key:value`, repeated for more; without a colon the value is empty (observed, Consul 1.8.7). */
export function nodeMeta(query: { "node-meta"?: readonly string[] | undefined }): Record<string, string> {
  const pairs = (query["node-meta"] ?? []).map((pair): [string, string] => {
    const at = pair.indexOf(":");
    return at < 0 ? [pair, ""] : [pair.slice(0, at), pair.slice(at + 1)];
  });
  return Object.fromEntries(pairs);
}

/** `?passing`, `?passing=true`, `?passing=0`. */
export function onlyPassing(value: string | undefined): boolean {
  if (value === undefined) return false;
  if (value === "") return true;
  try {
    return goParseBool(value);
  } catch {
    throw new Refusal("Invalid value for ?passing", 400);
  }
}

/** The path's name; an empty one is refused with the text for it. */
export function required(name: string | undefined, missing: string): string {
  if (!name) throw new Refusal(missing, 400);
  return name;
}

/** Lists are never null in the answers of these calls. */
export function withTags(service: NodeService): NodeService {
  return service.Tags === null ? { ...service, Tags: [] } : service;
}
