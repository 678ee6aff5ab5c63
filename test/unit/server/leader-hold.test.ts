import { expect, test } from "bun:test";
import { LeaderHold } from "../../../src/server/leader-hold.ts";
import { ManualClock, settle } from "../../support/manual-clock.ts";

const again = () => true;

test("what fails for want of a leader is tried again until the time is over", async () => {
  const clock = new ManualClock();
  const hold = new LeaderHold(clock, () => 250);
  let tries = 0;
  const promise = hold.hold(() => Promise.reject(new Error(`try ${++tries}`)), again);
  promise.catch(() => undefined);
  for (let at = 0; at < 4; at++) {
    await settle();
    clock.advance(100);
  }
  await expect(promise).rejects.toThrow("try 4");
  expect(clock.pendingMs).toEqual([]);
});

test("a new leader ends the waiting at once, and any other failure does", async () => {
  const clock = new ManualClock();
  const hold = new LeaderHold(clock, () => 7000);
  let isThere = false;
  const promise = hold.hold(() => (isThere ? Promise.resolve("done") : Promise.reject(new Error("none"))), again);
  await settle();
  isThere = true;
  hold.wake();
  expect(await promise).toBe("done");
  expect(clock.pendingMs).toEqual([]);
  const bad = hold.hold(
    () => Promise.reject(new Error("bad")),
    () => false,
  );
  await expect(bad).rejects.toThrow("bad");
});
