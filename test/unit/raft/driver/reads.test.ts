import { describe, expect, test } from "bun:test";
import { Reads } from "../../../../src/raft/driver/reads.ts";
import { ManualClock, settle } from "../../../support/manual-clock.ts";
import { silentMeter } from "../../../support/silent.ts";

function world() {
  const clock = new ManualClock();
  const asked: { id: number; isConfirmed: boolean }[] = [];
  const state = { appliedIndex: 5 };
  const reads = new Reads({
    clock,
    meter: silentMeter,
    retryMs: 100,
    readsMax: 50,
    step: (event) => {
      if (event.type === "read") asked.push(event);
    },
    appliedIndex: () => state.appliedIndex,
  });
  const outcomes: string[] = [];
  const read = (isConfirmed = false, timeoutMs = 1_000) => {
    const at = outcomes.push("waits") - 1;
    reads.read(isConfirmed, timeoutMs).then(
      () => {
        outcomes[at] = "ready";
      },
      (error: Error) => {
        outcomes[at] = error.message;
      },
    );
  };
  return { clock, asked, state, reads, read, outcomes };
}

describe("reads", () => {
  test("of a turn share a question, and those that come while it is under way share the next", async () => {
    const { clock, asked, reads, read, outcomes } = world();
    read();
    read();
    read(true);
    clock.advance(1);
    expect(asked.map(({ isConfirmed }) => isConfirmed)).toEqual([false, true]);
    read();
    read();
    clock.advance(1);
    expect(asked).toHaveLength(2);
    reads.onReady(asked[0]?.id ?? 0, 5);
    clock.advance(1);
    await settle();
    expect(asked).toHaveLength(3);
    expect(outcomes).toEqual(["ready", "ready", "waits", "waits", "waits"]);
  });

  test("wait until their index is applied", async () => {
    const { clock, asked, state, reads, read, outcomes } = world();
    read();
    clock.advance(1);
    reads.onReady(asked[0]?.id ?? 0, 7);
    state.appliedIndex = 6;
    reads.onApplied(6);
    await settle();
    expect(outcomes).toEqual(["waits"]);
    reads.onApplied(7);
    await settle();
    expect(outcomes).toEqual(["ready"]);
  });

  test("that nobody confirms are asked for again, at once when there is a leader, and give up at their time", async () => {
    const { clock, asked, reads, read, outcomes } = world();
    read(false, 250);
    clock.advance(1);
    reads.onFailed(asked[0]?.id ?? 0);
    clock.advance(1);
    expect(asked).toHaveLength(1);
    reads.onLeader();
    clock.advance(1);
    expect(asked).toHaveLength(2);
    reads.onFailed(asked[1]?.id ?? 0);
    clock.advance(100);
    expect(asked).toHaveLength(3);
    clock.advance(250);
    await settle();
    expect(outcomes).toEqual(["No cluster leader"]);
    expect(clock.pendingMs).toEqual([]);
  });

  test("a question without an answer holds up the next ones for a moment only", () => {
    const { clock, asked, read } = world();
    read();
    clock.advance(1);
    read();
    clock.advance(100);
    expect(asked).toHaveLength(2);
  });

  test("beyond the limit, and at a stop, are refused", async () => {
    const { reads, read, outcomes } = world();
    for (let at = 0; at < 51; at++) read();
    await settle();
    expect(outcomes.filter((outcome) => outcome === "waits")).toHaveLength(50);
    reads.stop();
    await settle();
    expect(outcomes.filter((outcome) => outcome === "waits")).toEqual([]);
  });
});
