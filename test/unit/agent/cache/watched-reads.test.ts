import { expect, test } from "bun:test";
import { type ReadAnswer, WatchedReads } from "../../../../src/agent/cache/watched-reads.ts";
import { ManualClock } from "../../../support/manual-clock.ts";

interface Asked {
  key: string;
  index: number;
  signal: AbortSignal;
  answer(value: string, index: number): Promise<void>;
  fail(): Promise<void>;
}

function world(options: { entriesMax?: number } = {}) {
  const clock = new ManualClock();
  const asked: Asked[] = [];
  const reads = new WatchedReads<string>({
    load: (key, index, signal) => {
      const { promise, resolve, reject } = Promise.withResolvers<ReadAnswer<string>>();
      const settled = () => promise.then(turn, turn);
      asked.push({
        ...{ key, index, signal },
        answer: (value, at) => {
          resolve({ value, index: at });
          return settled();
        },
        fail: () => {
          reject(new Error("no servers"));
          return settled();
        },
      });
      return promise;
    },
    isKept: (value) => value !== "",
    clock,
    entriesMax: options.entriesMax ?? 10,
    idleMs: 60_000,
    staleMs: 10_000,
  });
  return { clock, asked, reads };
}

/** Lets what hangs on settled promises run. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const last = (asked: readonly Asked[]) => asked[asked.length - 1] as Asked;

test("a value is fetched once and then kept true by a blocking read", async () => {
  const { asked, reads } = world();
  const [first, second] = [reads.get("a"), reads.get("a")];
  await last(asked).answer("one", 5);
  expect(await Promise.all([first, second])).toEqual(["one", "one"]);
  expect(asked.map(({ index }) => index)).toEqual([0, 5]);
  await last(asked).answer("two", 7);
  expect(await reads.get("a")).toBe("two");
  expect(asked.map(({ index }) => index)).toEqual([0, 5, 7]);
});

test("an index that goes back starts the watch anew", async () => {
  const { asked, reads } = world();
  void reads.get("a");
  await last(asked).answer("one", 9);
  await last(asked).answer("two", 3);
  expect(last(asked).index).toBe(0);
});

test("what is not worth it is not watched", async () => {
  const { asked, reads } = world();
  const first = reads.get("a");
  await last(asked).answer("", 5);
  expect(await first).toBe("");
  expect(reads.size).toBe(0);
  expect(asked.length).toBe(1);
});

test("while fetching fails the last value is given for a time, and then none", async () => {
  const { clock, asked, reads } = world();
  void reads.get("a");
  await last(asked).answer("one", 5);
  await last(asked).fail();
  expect(await reads.get("a")).toBe("one");
  for (let tries = 0; tries < 2; tries++) {
    clock.advance(8000);
    await turn();
    await last(asked).fail();
  }
  const again = reads.get("a").catch((error: Error) => error.message);
  await last(asked).fail();
  expect(await again).toBe("no servers");
  expect(reads.size).toBe(0);
});

test("it is given no longer when fetching takes its time to fail", async () => {
  const { clock, asked, reads } = world();
  void reads.get("a");
  await last(asked).answer("one", 5);
  await last(asked).fail();
  clock.advance(1000);
  await turn();
  const slow = last(asked);
  clock.advance(8999);
  void reads.get("a");
  expect([slow.signal.aborted, last(asked) === slow]).toEqual([false, true]);
  clock.advance(1);
  const fresh = reads.get("a");
  expect([slow.signal.aborted, last(asked).index]).toEqual([true, 0]);
  await last(asked).answer("two", 9);
  expect(await fresh).toBe("two");
});

test("what waits to be tried again is tried at once when somebody says so", async () => {
  const { asked, reads } = world();
  void reads.get("a");
  await last(asked).answer("one", 5);
  await last(asked).fail();
  const before = asked.length;
  reads.retry();
  await turn();
  expect(asked.length).toBe(before + 1);
  await last(asked).answer("two", 6);
  expect(await reads.get("a")).toBe("two");
});

test("a watch that nobody asks ends", async () => {
  const { clock, asked, reads } = world();
  void reads.get("a");
  await last(asked).answer("one", 5);
  clock.advance(60_001);
  await last(asked).answer("two", 6);
  expect(reads.size).toBe(0);
  expect(last(asked).signal.aborted).toBe(true);
});

test("the one that was used longest ago makes room", async () => {
  const { asked, reads } = world({ entriesMax: 2 });
  for (const key of ["a", "b"]) {
    void reads.get(key);
    await last(asked).answer(key, 1);
  }
  await reads.get("a");
  void reads.get("c");
  expect(reads.size).toBe(2);
  expect(asked.find(({ key, index }) => key === "b" && index === 1)?.signal.aborted).toBe(true);
});

test("closing ends all watches", async () => {
  const { asked, reads } = world();
  void reads.get("a");
  await last(asked).answer("one", 5);
  reads.close();
  expect(last(asked).signal.aborted).toBe(true);
});
