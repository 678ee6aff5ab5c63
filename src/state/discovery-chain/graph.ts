import { assert } from "../../lib/assert.ts";
import { Refusal } from "../../lib/refusal.ts";
import type { ServiceRoute } from "../../model/config-entry/routing.ts";

/** What a chain is made of while it is compiled. Nodes are named by their keys, such as `splitter:web.default`. */
export interface Router {
  readonly type: "router";
  readonly name: string;
  readonly routes: { readonly definition: ServiceRoute; readonly next: string }[];
}

export interface Splitter {
  readonly type: "splitter";
  readonly name: string;
  splits: Split[];
}

interface Split {
  /** Percent. */
  readonly weight: number;
  readonly next: string;
}

export interface Resolver {
  readonly type: "resolver";
  readonly name: string;
  readonly isDefault: boolean;
  readonly connectTimeoutNs: number;
  /** Ids of targets. */
  readonly target: string;
  readonly failover: string[];
}

export type Node = Router | Splitter | Resolver;
export type Nodes = ReadonlyMap<string, Node>;

export const keyOf = ({ type, name }: Pick<Node, "type" | "name">): string => `${type}:${name}`;

/** Parts that the requests of one chain may be split into: splitters that lead to splitters multiply. */
export const SPLITS_MAX = 10_000;

/** Keys of the nodes that `start` leads to, each before those that lead to it. Refuses circles. */
export function orderOf(nodes: Nodes, start: string): string[] {
  const order: string[] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const onPath = new Set<string>();
  // Undefined goes back by one node. What was pushed last is looked at first, which decides what circle is told.
  const todo: (string | undefined)[] = [start];
  for (let at = todo.length; at > 0; at = todo.length) {
    const key = todo.pop();
    if (key === undefined) {
      const left = path.pop();
      assert(left !== undefined, "as many steps back as forth");
      onPath.delete(left);
      done.add(left);
      order.push(left);
      continue;
    }
    if (onPath.has(key)) throw new Refusal(`detected circular reference: [${[...path, key].join(" -> ")}]`);
    if (done.has(key)) continue;
    path.push(key);
    onPath.add(key);
    todo.push(undefined, ...nextOf(nodeAt(nodes, key)));
  }
  return order;
}

function nextOf(node: Node): string[] {
  if (node.type === "router") return node.routes.map(({ next }) => next);
  return node.type === "splitter" ? node.splits.map(({ next }) => next) : [];
}

/** Puts the splits of a splitter in place of the split that leads to it. `order` is that of `orderOf`. */
export function flattenSplitters(nodes: Nodes, order: readonly string[], service: string): void {
  let count = 0;
  for (const key of order) {
    const node = nodeAt(nodes, key);
    if (node.type !== "splitter") continue;
    count += node.splits.reduce((sum, { next }) => sum + splitsOf(nodeAt(nodes, next)), 0);
    if (count > SPLITS_MAX) throw new Refusal(`discovery chain "${service}" has more than ${SPLITS_MAX} splits`);
    node.splits = node.splits.flatMap((split) => {
      const next = nodeAt(nodes, split.next);
      if (next.type !== "splitter") return [split];
      return next.splits.map((inner) => ({ weight: share(split.weight, inner.weight), next: inner.next }));
    });
  }
}

const splitsOf = (node: Node): number => (node.type === "splitter" ? node.splits.length : 1);

/** Keys of the nodes that can be come to. */
export function reachable(nodes: Nodes, start: string): string[] {
  const found = new Set([start]);
  for (const key of found) for (const next of nextOf(nodeAt(nodes, key))) found.add(next);
  return [...found];
}

/** In Go's 32-bit floats, rounded to hundredths as those of entries are. */
function share(outer: number, inner: number): number {
  const { fround } = Math;
  const percent = fround(fround(fround(outer) * fround(inner)) / 100);
  return Math.round(fround(percent * 100)) / 100;
}

function nodeAt(nodes: Nodes, key: string): Node {
  const node = nodes.get(key);
  assert(node !== undefined, "a node leads to nodes of its graph");
  return node;
}
