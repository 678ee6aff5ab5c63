import { expect, test } from "bun:test";
import { ListMemo } from "../../../src/lib/list-memo.ts";

/** A memo, and what was given to it to call, by key. */
function rig(itemsMax: number) {
  const memo = new ListMemo<number>(itemsMax);
  const drops = new Map<string, () => void>();
  const add = (key: string, ...items: number[]) =>
    memo.add(key, items, (drop) => {
      drops.set(key, drop);
      return () => drops.delete(key);
    });
  return { memo, drops, add };
}

test("a list is remembered until it is dropped", () => {
  const { memo, drops, add } = rig(10);
  add("a", 1, 2);
  expect(memo.find("a")).toEqual([1, 2]);
  drops.get("a")?.();
  expect(memo.find("a")).toBeUndefined();
  expect(drops.size).toBe(0);
});

test("the oldest go, with their subscriptions, when there are too many items", () => {
  const { memo, drops, add } = rig(5);
  add("a", 1, 2);
  add("b", 3, 4);
  add("c", 5, 6);
  expect([memo.find("a"), memo.find("b"), memo.find("c")]).toEqual([undefined, [3, 4], [5, 6]]);
  expect([...drops.keys()]).toEqual(["b", "c"]);
});

test("neither an empty list nor one that is too long is remembered", () => {
  const { memo, drops, add } = rig(2);
  add("empty");
  add("long", 1, 2, 3);
  expect([memo.find("empty"), memo.find("long")]).toEqual([undefined, undefined]);
  expect(drops.size).toBe(0);
});
