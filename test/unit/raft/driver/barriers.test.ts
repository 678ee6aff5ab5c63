import { expect, test } from "bun:test";
import { Barriers } from "../../../../src/raft/driver/barriers.ts";

const outcome = (promise: Promise<void>) =>
  promise.then(
    () => "done",
    (error: Error) => error.message,
  );

test("a barrier ends when its index is applied, is not in the log any more, or the lead is lost", async () => {
  const barriers = new Barriers();
  const [first, second, third] = [3, 5, 9].map((index) => outcome(barriers.applied(index)));
  barriers.onApplied(4);
  expect(await first).toBe("done");
  barriers.onDropped(5, 4);
  expect([await second, await third]).toEqual(["done", "done"]);
  const lost = outcome(barriers.applied(12));
  barriers.onLost();
  expect(await lost).toBe("No cluster leader");
});

test("who waits for the lead is told of it, or of the stop", async () => {
  const barriers = new Barriers();
  const leading = outcome(barriers.leading());
  barriers.onLeading();
  expect(await leading).toBe("done");
  const stopped = outcome(barriers.leading());
  barriers.onLost();
  barriers.stop();
  expect(await stopped).toBe("No cluster leader");
});
