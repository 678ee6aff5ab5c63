import { expect, test } from "bun:test";
import fc from "fast-check";
import { Publisher } from "../../../src/state/publisher.ts";

const touched = (...topics: string[]) => new Set(topics);

test("a waiter wakes once, and only for its own topic", () => {
  const publisher = new Publisher();
  const seen: number[] = [];
  publisher.subscribe({ topics: ["kv/a", "kv/b"] }, (index) => seen.push(index));
  publisher.publish(touched("kv/c", "nodes"), 1);
  expect(seen).toEqual([]);
  publisher.publish(touched("kv/a", "kv/b"), 2);
  publisher.publish(touched("kv/a"), 3);
  expect(seen).toEqual([2]);
});

test("a cancelled waiter is not called", () => {
  const publisher = new Publisher();
  const cancel = publisher.subscribe({ topics: ["kv/a"], kvPrefixes: ["a"] }, () => expect.unreachable());
  cancel();
  publisher.publish(touched("kv/a"), 1);
});

test("a waiter that subscribes again while it is woken waits for the next change", () => {
  const publisher = new Publisher();
  let calls = 0;
  const follow = () => publisher.subscribe({ topics: ["nodes"] }, again);
  const again = () => {
    calls++;
    follow();
  };
  follow();
  publisher.publish(touched("nodes"), 1);
  publisher.publish(touched("nodes"), 2);
  expect(calls).toBe(2);
});

test("a prefix waiter wakes exactly for keys that start with its prefix", () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: fc.constantFrom("a", "b", "/"), maxLength: 4 })),
      fc.string({ unit: fc.constantFrom("a", "b", "/"), maxLength: 4 }),
      (prefixes, key) => {
        const publisher = new Publisher();
        const woken = new Set<number>();
        for (const [at, prefix] of prefixes.entries()) {
          publisher.subscribe({ topics: [], kvPrefixes: [prefix] }, () => woken.add(at));
        }
        publisher.publish(touched(`kv/${key}`), 1);
        expect([...woken].sort()).toEqual(
          prefixes.flatMap((prefix, at) => (key.startsWith(prefix) ? [at] : [])).sort(),
        );
      },
    ),
  );
});

test("a restore wakes everybody", () => {
  const publisher = new Publisher();
  let woken = 0;
  publisher.subscribe({ topics: ["a"] }, () => woken++);
  publisher.subscribe({ topics: [], kvPrefixes: ["p"] }, () => woken++);
  publisher.publishAll(9);
  expect(woken).toBe(2);
});

test("closing wakes everybody, by topic and by prefix, and stays closed", () => {
  const publisher = new Publisher();
  const seen: string[] = [];
  publisher.subscribe({ topics: ["kv/a"] }, () => seen.push("topic"));
  publisher.subscribe({ topics: [], kvPrefixes: ["b"] }, () => seen.push("prefix"));
  expect(publisher.isClosed).toBe(false);
  publisher.close();
  expect(seen).toEqual(["topic", "prefix"]);
  expect(publisher.isClosed).toBe(true);
});
