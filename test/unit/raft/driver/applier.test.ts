import { describe, expect, test } from "bun:test";
import type { Refusal } from "../../../../src/lib/refusal.ts";
import { Applier } from "../../../../src/raft/driver/applier.ts";
import type { Entry, EntryType } from "../../../../src/raft/types.ts";
import { ManualClock, settle } from "../../../support/manual-clock.ts";
import { FakeState } from "../../../support/raft/fake-state.ts";
import { silentMeter } from "../../../support/silent.ts";

const entriesOf = (count: number, types: Record<number, EntryType> = {}): Entry[] =>
  Array.from({ length: count }, (_, at) => {
    const type = types[at + 1] ?? "command";
    return { index: at + 1, term: 1, type, data: String(at + 1) };
  });

function world(log: Entry[], cachedFrom = 1) {
  const clock = new ManualClock();
  const { machine } = new FakeState();
  const reads: string[] = [];
  const fatal: string[] = [];
  const gates: (() => void)[] = [];
  const applier = new Applier({
    machine,
    clock,
    meter: silentMeter,
    cached: (from, to) => (from >= cachedFrom ? log.slice(from - 1, to) : undefined),
    read: (from, to) => {
      reads.push(`${from}-${to}`);
      return Promise.resolve(log.slice(from - 1, Math.min(to, from + 9)));
    },
    restore: (entry) =>
      new Promise<Refusal | undefined>((resolve) => {
        gates.push(() => {
          machine.appliedIndex = entry.index;
          machine.rows = ["restored"];
          resolve(undefined);
        });
      }),
    onApplied: () => undefined,
    onFatal: (reason) => fatal.push(reason),
  });
  const commit = async (index: number) => {
    applier.commit(index);
    applier.apply();
    await settle();
  };
  const counts = () => machine.batches.map((batch) => batch.length);
  return { applier, machine, clock, reads, fatal, commit, counts, openGate: () => gates.shift()?.() };
}

describe("committed entries", () => {
  test("are applied 1024 in a turn", async () => {
    const { commit, counts, clock, machine } = world(entriesOf(2_500));
    await commit(2_500);
    expect(counts()).toEqual([1024]);
    clock.advance(1);
    expect(counts()).toEqual([1024, 1024, 452]);
    expect(machine.appliedIndex).toBe(2_500);
  });

  test("that are long, as parts of an archive, are fewer in a turn, and at least one", async () => {
    const long = entriesOf(9).map((entry) => ({ ...entry, data: "x".repeat(entry.index === 5 ? 3_000_000 : 200_000) }));
    const { commit, counts, clock } = world(long);
    await commit(9);
    clock.advance(9);
    expect(counts()).toEqual([2, 2, 1, 2, 2]);
  });

  test("come from the disk when they are not in memory", async () => {
    const { commit, counts, reads, clock } = world(entriesOf(25), 20);
    await commit(25);
    for (let turn = 0; turn < 3; turn++) {
      clock.advance(1);
      await settle();
    }
    expect(reads).toEqual(["1-25", "11-25"]);
    expect(counts()).toEqual([10, 10, 5]);
  });

  test("wait while the database belongs to somebody else, also those that were being read", async () => {
    const { applier, commit, machine } = world(entriesOf(5), 9);
    let end: () => void = () => undefined;
    applier.commit(5);
    applier.apply();
    const held = applier.hold(() => new Promise<void>((resolve) => (end = resolve)));
    await commit(5);
    expect(machine.appliedIndex).toBe(0);
    expect(machine.flushes).toBe(1);
    end();
    await held;
    await settle();
    expect(machine.appliedIndex).toBe(5);
  });

  test("that restore are executed by the keeper, between those before and after", async () => {
    const { commit, counts, machine, openGate, clock } = world(entriesOf(5, { 3: "restore" }));
    await commit(5);
    clock.advance(1);
    expect(counts()).toEqual([2]);
    expect(machine.appliedIndex).toBe(2);
    expect(machine.flushes).toBe(1);
    openGate();
    await settle();
    expect(counts()).toEqual([2, 2]);
    expect(machine.rows).toEqual(["restored", "4", "5"]);
  });

  test("that are configurations wait while a snapshot is taken, the others don't", async () => {
    const { applier, commit, machine, clock } = world(entriesOf(5, { 3: "configuration" }));
    let end: () => void = () => undefined;
    const held = applier.holdConfigurations(() => new Promise<void>((resolve) => (end = resolve)));
    await commit(5);
    clock.advance(1);
    expect(machine.appliedIndex).toBe(2);
    end();
    await held;
    expect(machine.appliedIndex).toBe(5);
  });

  test("that can't be applied or are missing end the server", async () => {
    const broken = world([{ index: 1, term: 1, type: "command", data: "crash" }]);
    await broken.commit(1);
    expect(broken.fatal).toEqual(["can't apply entry 1: Error: boom"]);
    const missing = world([], 9);
    await missing.commit(4);
    expect(missing.fatal).toEqual(["the log has no entry 1"]);
  });
});
