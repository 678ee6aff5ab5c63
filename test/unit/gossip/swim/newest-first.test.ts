import { expect, test } from "bun:test";
import fc from "fast-check";
import { NewestFirst } from "../../../../src/gossip/swim/newest-first.ts";

test("whatever is added and taken out, the newest of those that are in comes first", () => {
  const step = fc.oneof(
    fc.record({ add: fc.nat(100) }),
    fc.record({ remove: fc.nat(100) }),
    fc.constant("take" as const),
  );
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const heap = new NewestFirst<{ number: number; place: number }>();
      const inside = new Map<number, { number: number; place: number }>();
      for (const each of steps) {
        if (each === "take") {
          const newest = inside.size === 0 ? undefined : Math.max(...inside.keys());
          expect(heap.takeNewest()?.number).toBe(newest as number);
          inside.delete(newest ?? -1);
        } else if ("add" in each) {
          if (inside.has(each.add)) continue;
          const added = { number: each.add, place: -1 };
          inside.set(each.add, added);
          heap.add(added);
        } else {
          const removed = inside.get(each.remove);
          if (removed !== undefined) heap.remove(removed);
          inside.delete(each.remove);
        }
        expect(heap.isEmpty).toBe(inside.size === 0);
      }
    }),
  );
});
