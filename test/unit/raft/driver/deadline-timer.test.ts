import { describe, expect, test } from "bun:test";
import { DeadlineTimer } from "../../../../src/raft/driver/deadline-timer.ts";
import { ManualClock } from "../../../support/manual-clock.ts";

function timer() {
  const clock = new ManualClock();
  const startMs = clock.monotonicMs();
  const dueMs: number[] = [];
  const it = new DeadlineTimer(clock, () => dueMs.push(clock.monotonicMs() - startMs));
  return { clock, dueMs, set: (ms: number) => it.set(startMs + ms), stop: () => it.stop() };
}

describe("a deadline", () => {
  test("that moves to later costs no new timer, and one that moves to earlier comes in time", () => {
    const { clock, dueMs, set } = timer();
    set(100);
    for (let ms = 1; ms <= 50; ms++) set(100 + ms);
    expect(clock.pendingMs).toEqual([100]);
    set(30);
    expect(clock.pendingMs).toEqual([30]);
    set(60);
    clock.advance(200);
    expect(dueMs).toEqual([60]);
  });

  test("of never, or after a stop, does not come", () => {
    const { clock, dueMs, set, stop } = timer();
    set(100);
    set(Number.POSITIVE_INFINITY);
    clock.advance(1_000);
    expect(dueMs).toEqual([]);
    set(1_100);
    stop();
    set(1_200);
    clock.advance(1_000);
    expect(dueMs).toEqual([]);
    expect(clock.pendingMs).toEqual([]);
  });
});
