import { expect, test } from "bun:test";
import { oneAtATime } from "../../../src/app/one-at-a-time.ts";
import { settle } from "../../support/manual-clock.ts";

function rig() {
  const ends: PromiseWithResolvers<void>[] = [];
  const run = oneAtATime(() => {
    const end = Promise.withResolvers<void>();
    ends.push(end);
    return end.promise;
  });
  return { ends, run };
}

test("calls that come while one runs share the one after it", async () => {
  const { ends, run } = rig();
  const calls = [run(), run(), run()];
  expect(ends.length).toBe(1);
  ends[0]?.resolve();
  await settle();
  expect(ends.length).toBe(2);
  ends[1]?.resolve();
  await Promise.all(calls);
  await settle();
  expect(ends.length).toBe(2);
});

test("one that fails tells its own callers and holds up nobody", async () => {
  const { ends, run } = rig();
  const first = run();
  const second = run();
  ends[0]?.reject(new Error("bad file"));
  expect(first).rejects.toThrow("bad file");
  await settle();
  ends[1]?.resolve();
  await second;
  void run();
  expect(ends.length).toBe(3);
});
