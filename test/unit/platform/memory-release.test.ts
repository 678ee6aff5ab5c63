import { expect, test } from "bun:test";
import { releaseMemoryWhenQuiet } from "../../../src/platform/memory-release.ts";
import { ManualClock } from "../../support/manual-clock.ts";

/** A process whose work is told; `released` has the seconds since its start. */
function world() {
  const clock = new ManualClock();
  const startMs = clock.monotonicMs();
  const memory = { cpu: 150, heap: 10e6 };
  const released: number[] = [];
  const stop = releaseMemoryWhenQuiet(clock, {
    cpuMs: () => memory.cpu,
    heapBytes: () => memory.heap,
    release: () => released.push((clock.monotonicMs() - startMs) / 1000),
  });
  const pass = (seconds: number, cpuMsPerSecond: number) => {
    for (let second = 0; second < seconds; second++) {
      memory.cpu += cpuMsPerSecond;
      clock.advance(1_000);
    }
  };
  return { clock, memory, released, pass, stop };
}

test("memory is given back in the first quiet second after the start, and not again while there is little work", () => {
  const { released, pass } = world();
  pass(2, 300);
  expect(released).toEqual([]);
  pass(1, 5);
  expect(released).toEqual([3]);
  pass(100, 5);
  expect(released).toEqual([3]);
});

test("it is given back when a load of a second or more is over, not during it", () => {
  const { released, pass } = world();
  pass(1, 5);
  pass(10, 900);
  expect(released).toEqual([1]);
  pass(10, 5);
  expect(released).toEqual([1, 12]);
});

test("after the start's release, bursts release it once in 30 s at most", () => {
  const { released, pass } = world();
  for (let burst = 0; burst < 20; burst++) {
    pass(2, 900);
    pass(2, 5);
  }
  expect(released).toEqual([3, 15, 47, 79]);
});

test("a heap so large that a collection would stop everything is left to the collector", () => {
  const { memory, released, pass } = world();
  memory.heap = 40e6;
  pass(10, 5);
  expect(released).toEqual([]);
  memory.heap = 30e6;
  pass(1, 5);
  expect(released).toEqual([11]);
});

test("after a stop no timer is left", () => {
  const { clock, stop } = world();
  stop();
  expect(clock.pendingMs).toEqual([]);
});
