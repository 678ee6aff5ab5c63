import { expect, test } from "bun:test";
import {
  flattenSplitters,
  type Node,
  orderOf,
  reachable,
  type Splitter,
} from "../../../../src/state/discovery-chain/graph.ts";

const end = (name: string): [string, Node] => [
  `resolver:${name}`,
  { type: "resolver", name, isDefault: true, connectTimeoutNs: 1, target: name, failover: [] },
];
const split = (name: string, ...splits: [number, string][]): [string, Node] => [
  `splitter:${name}`,
  { type: "splitter", name, splits: splits.map(([weight, next]) => ({ weight, next })) },
];
const splitsOf = (nodes: ReadonlyMap<string, Node>, name: string) =>
  (nodes.get(`splitter:${name}`) as Splitter).splits.map(({ weight, next }) => [weight, next]);

test("nodes come before those that lead to them, once each", () => {
  const nodes = new Map([
    split("a", [50, "splitter:b"], [50, "splitter:c"]),
    split("b", [100, "splitter:c"]),
    split("c", [100, "resolver:x"]),
    end("x"),
  ]);
  expect(orderOf(nodes, "splitter:a")).toEqual(["resolver:x", "splitter:c", "splitter:b", "splitter:a"]);
});

test("a circle is told with the way that leads into it; the last of what a node leads to is looked at first", () => {
  const nodes = new Map([
    split("a", [50, "splitter:b"], [50, "splitter:c"]),
    split("b", [100, "splitter:a"]),
    split("c", [100, "splitter:d"]),
    split("d", [100, "splitter:c"]),
  ]);
  expect(() => orderOf(nodes, "splitter:a")).toThrow(
    "detected circular reference: [splitter:a -> splitter:c -> splitter:d -> splitter:c]",
  );
});

test("many ways to the same nodes are gone once: the time does not double with each level", () => {
  const nodes = new Map(
    Array.from({ length: 200 }, (_, at) =>
      split(
        `${at}`,
        ...Array.from({ length: 9 }, (): [number, string] => [11, at === 199 ? "resolver:x" : `splitter:${at + 1}`]),
      ),
    ).concat([end("x")]),
  );
  expect(orderOf(nodes, "splitter:0").length).toBe(201);
  expect(() => flattenSplitters(nodes, orderOf(nodes, "splitter:0"), "web")).toThrow(
    'discovery chain "web" has more than 10000 splits',
  );
});

test("shares of shares are rounded to hundredths, the innermost first", () => {
  const nodes = new Map([
    split("a", [33.33, "splitter:b"], [66.67, "resolver:x"]),
    split("b", [33.33, "splitter:c"], [66.67, "resolver:x"]),
    split("c", [50.5, "resolver:y"], [49.5, "resolver:x"]),
    end("x"),
    end("y"),
  ]);
  flattenSplitters(nodes, orderOf(nodes, "splitter:a"), "a");
  expect(splitsOf(nodes, "b")).toEqual([
    [16.83, "resolver:y"],
    [16.5, "resolver:x"],
    [66.67, "resolver:x"],
  ]);
  expect(splitsOf(nodes, "a")).toEqual([
    [5.61, "resolver:y"],
    [5.5, "resolver:x"],
    [22.22, "resolver:x"],
    [66.67, "resolver:x"],
  ]);
  expect(reachable(nodes, "splitter:a").sort()).toEqual(["resolver:x", "resolver:y", "splitter:a"]);
});
