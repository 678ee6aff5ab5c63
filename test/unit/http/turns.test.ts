import { expect, test } from "bun:test";
import { Turns } from "../../../src/http/turns.ts";
import { ManualClock, settle } from "../../support/manual-clock.ts";

async function woken(turns: Turns, count: number) {
  const done: number[] = [];
  for (let at = 0; at < count; at++) {
    const turn = turns.take();
    if (turn === undefined) done.push(at);
    else void turn.then(() => done.push(at));
  }
  await settle();
  return done;
}

test("few go on at once, and of many the same number in each turn, in their order", async () => {
  const clock = new ManualClock();
  const done = await woken(new Turns(clock), 200);
  const counts = [done.length];
  for (let turn = 0; turn < 4; turn++) {
    clock.advance(0.011);
    await settle();
    counts.push(done.length);
  }
  expect(counts).toEqual([64, 128, 192, 200, 200]);
  expect(done).toEqual(Array.from({ length: 200 }, (_, at) => at));
});

test("those of another time wait for nobody", async () => {
  const clock = new ManualClock();
  const turns = new Turns(clock);
  for (let round = 0; round < 3; round++) {
    expect(await woken(turns, 64)).toHaveLength(64);
    clock.advance(100);
  }
});
