import { expect, test } from "bun:test";
import { SparseTimer } from "../../../src/lib/sparse-timer.ts";

function rig() {
  const state = { nowMs: 100 };
  const seen: [elapsedMs: number, times: number][] = [];
  const timer = new SparseTimer(
    () => state.nowMs,
    (elapsedMs, times) => seen.push([elapsedMs, times]),
  );
  return { state, seen, timer };
}

test("calls within a millisecond are counted by the next that is measured", () => {
  const { state, seen, timer } = rig();
  const first = timer.start();
  for (let call = 0; call < 5; call++) expect(timer.start()).toBeUndefined();
  state.nowMs += 1;
  const second = timer.start();
  state.nowMs += 3;
  if (first !== undefined) timer.stop(first);
  if (second !== undefined) timer.stop(second);
  expect(seen).toEqual([
    [4, 1],
    [3, 6],
  ]);
});

test("calls that are a millisecond apart are all measured, also while others are under way", () => {
  const { state, seen, timer } = rig();
  const calls = [0, 1, 2].map(() => {
    state.nowMs += 1;
    return timer.start();
  });
  for (const call of calls) if (call !== undefined) timer.stop(call);
  expect(seen).toEqual([
    [2, 1],
    [1, 1],
    [0, 1],
  ]);
});
