import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { BroadcastQueue } from "../../../../src/gossip/swim/broadcast-queue.ts";

const bytes = (length: number, fill = 0) => new Uint8Array(length).fill(fill);
const queueOf = (size = 1, retransmitMult = 4, lengthMax = 100) =>
  new BroadcastQueue({ retransmitMult, size: () => size, lengthMax });
const fills = (messages: readonly Uint8Array[]) => messages.map(([fill]) => fill);

describe("a message for everybody", () => {
  test("is sent retransmitMult times the digits of the members' number, and then is done (memberlist's retransmitLimit)", () => {
    for (const [size, times] of [
      [1, 4],
      [10, 8],
      [500, 12],
    ] as const) {
      const queue = queueOf(size);
      let done = 0;
      queue.add(bytes(10), undefined, () => done++);
      for (let sent = 0; sent < times; sent++) {
        expect([queue.take(2, 1400).length, queue.length]).toEqual([1, sent + 1 < times ? 1 : 0]);
      }
      expect([queue.take(2, 1400), done]).toEqual([[], 1]);
    }
  });

  test("is sent once even when nobody is known", () => {
    const queue = queueOf(0);
    queue.add(bytes(10));
    expect([queue.take(2, 1400).length, queue.length]).toEqual([1, 0]);
  });

  test("takes the place of an older one about the same, which is done", () => {
    const queue = queueOf();
    const done: string[] = [];
    queue.add(bytes(10, 1), "n1", () => done.push("first"));
    queue.add(bytes(10, 2), "n2", () => done.push("other"));
    queue.take(2, 1400);
    queue.add(bytes(10, 3), "n1", () => done.push("second"));
    expect(done).toEqual(["first"]);
    expect(fills(queue.take(2, 1400))).toEqual([3, 2]);
  });

  test("without a subject takes nobody's place", () => {
    const queue = queueOf();
    queue.add(bytes(10, 1));
    queue.add(bytes(10, 2));
    expect(queue.length).toBe(2);
  });
});

describe("messages are taken", () => {
  test("least sent first", () => {
    const queue = queueOf();
    queue.add(bytes(50, 1));
    queue.take(2, 1400);
    queue.add(bytes(10, 2));
    expect(fills(queue.take(2, 1400))).toEqual([2, 1]);
  });

  test("then the longest, then the newest", () => {
    const queue = queueOf();
    for (const [length, fill] of [
      [10, 1],
      [30, 2],
      [10, 3],
      [20, 4],
    ] as const) {
      queue.add(bytes(length, fill));
    }
    expect(fills(queue.take(2, 1400))).toEqual([2, 4, 3, 1]);
  });

  test("as many as fit with their overhead, shorter ones in the place of one that is too long", () => {
    const queue = queueOf();
    queue.add(bytes(100, 1));
    queue.add(bytes(60, 2));
    queue.add(bytes(30, 3));
    expect(fills(queue.take(2, 101))).toEqual([2, 3]);
    expect(fills(queue.take(2, 102))).toEqual([1]);
    expect(queue.take(2, 31)).toEqual([]);
  });
});

test("when there are too many the oldest goes, and is done", () => {
  const queue = queueOf(1, 4, 2);
  const done: number[] = [];
  for (const fill of [1, 2, 3]) queue.add(bytes(10, fill), `n${fill}`, () => done.push(fill));
  expect([queue.length, done]).toEqual([2, [1]]);
  queue.add(bytes(10, 4), "n1");
  expect(done).toEqual([1, 2]);
});

test("what is done may add the next", () => {
  const queue = queueOf(1, 1);
  queue.add(bytes(10, 1), "n1", () => queue.add(bytes(10, 2), "n1"));
  expect(fills(queue.take(2, 1400))).toEqual([1]);
  expect(fills(queue.take(2, 1400))).toEqual([2]);
});

/** The same by looking at all that wait, each time. */
class PlainQueue {
  #all: { length: number; subject: string | undefined; id: number; transmits: number }[] = [];
  #next = 0;

  add(length: number, subject: string | undefined, lengthMax: number): void {
    this.#all = this.#all.filter((each) => subject === undefined || each.subject !== subject);
    this.#all.push({ length, subject, id: this.#next++, transmits: 0 });
    if (this.#all.length > lengthMax) this.#all = this.#all.filter(({ id }) => id !== Math.min(...this.ids()));
  }

  ids(): number[] {
    return this.#all.map(({ id }) => id);
  }

  take(overhead: number, budget: number, limit: number): number[] {
    this.#all.sort((a, b) => a.transmits - b.transmits || b.length - a.length || b.id - a.id);
    const taken: number[] = [];
    for (const each of this.#all) {
      if (each.length + overhead > budget) continue;
      budget -= each.length + overhead;
      each.transmits++;
      taken.push(each.id);
    }
    this.#all = this.#all.filter(({ transmits }) => transmits < limit);
    return taken;
  }
}

test("whatever is added and taken, it does what looking at all of them would do", () => {
  const add = fc.record({
    kind: fc.constant("add" as const),
    length: fc.integer({ min: 4, max: 12 }),
    subject: fc.option(fc.constantFrom("a", "b", "c"), { nil: undefined }),
  });
  const take = fc.record({ kind: fc.constant("take" as const), budget: fc.integer({ min: 0, max: 60 }) });
  const [limit, lengthMax] = [3, 6];
  fc.assert(
    fc.property(fc.array(fc.oneof(add, take), { maxLength: 60 }), (steps) => {
      const queue = queueOf(9, limit, lengthMax);
      const plain = new PlainQueue();
      let id = 0;
      for (const step of steps) {
        if (step.kind === "add") {
          const message = bytes(step.length);
          new DataView(message.buffer).setUint32(0, id++);
          queue.add(message, step.subject);
          plain.add(step.length, step.subject, lengthMax);
        } else {
          const taken = queue.take(1, step.budget).map(({ buffer }) => new DataView(buffer).getUint32(0));
          expect(taken).toEqual(plain.take(1, step.budget, limit));
        }
        expect(queue.length).toBe(plain.ids().length);
      }
    }),
  );
});
