import { describe, expect, test } from "bun:test";
import type { IndexedConfiguration } from "../../../src/raft/configuration.ts";
import type { Progress } from "../../../src/raft/core/types.ts";
import type { SnapshotInfo, StateKeeper } from "../../../src/raft/types.ts";
import { SNAPSHOT_POLICY, Upkeep } from "../../../src/raft/upkeep.ts";
import { openMemoryLogStore } from "../../../src/storage/memory-log-store.ts";
import { silentLogger, silentMeter } from "../../support/silent.ts";

const MB = 1024 * 1024;

/** A world whose time moves by ticks; `calls` is what upkeep did. */
async function world() {
  let now = 0;
  let wake: () => void = () => undefined;
  const calls: string[] = [];
  const rests: number[] = [];
  const machine = { appliedIndex: 0, apply: () => [], flush: () => void calls.push("flush"), reload: () => undefined };
  const configurations: IndexedConfiguration[] = [];
  const progress: Progress[] = [];
  const sizes = { toMove: 0, left: 0 };
  const delaysMs: number[] = [];
  const keeper: StateKeeper = {
    snapshots: [] as SnapshotInfo[],
    walBytesToMove: async () => sizes.toMove,
    checkpoint: async () => {
      calls.push("checkpoint");
      return sizes.left;
    },
    truncateWal: async () => void calls.push("truncate"),
    takeSnapshot: async (configuration) => {
      configurations.push(configuration);
      const info = { id: "s", index: machine.appliedIndex, term: 1, bytes: 1, sha256: "", configuration };
      Object.assign(keeper, { snapshots: [info, ...keeper.snapshots].slice(0, 2) });
      calls.push(`snapshot ${info.index}`);
      return info;
    },
    exportArchive: () => Promise.reject(new Error("nobody asks")),
    newArchive: () => Promise.reject(new Error("nobody asks")),
    readSnapshot: async () => new Uint8Array(),
    receiveSnapshot: async () => undefined,
    finishSnapshot: () => Promise.reject(new Error("there is none")),
    checkArchive: async (archive) => ({ archive, leftOut: {}, kept: {} }),
    installStaged: async () => undefined,
    installNewest: async () => undefined,
    rest: async () => void rests.push(now),
    close: async () => undefined,
  };
  const store = openMemoryLogStore();
  store.compact = async (index) => void calls.push(`compact ${index}`);
  const upkeep = new Upkeep({
    machine,
    store,
    keeper,
    clock: {
      nowMs: () => now,
      monotonicMs: () => now,
      after: (delayMs, fn) => {
        delaysMs.push(delayMs);
        wake = () => {
          now += delayMs;
          fn();
        };
        return { cancel: () => calls.push("cancel") };
      },
      soon: (fn) => fn(),
    },
    log: silentLogger,
    meter: silentMeter,
    policy: SNAPSHOT_POLICY,
    holdApply: async (run) => {
      calls.push("hold");
      const result = await run();
      calls.push("release");
      return result;
    },
    holdConfigurations: (run) => run(),
    exclusively: (run) => run(),
    configurationAsOf: (index) => ({ index: index - 1, configuration: { servers: [] } }),
    progress: () => progress,
    onCompacted: (index) => void calls.push(`compacted ${index}`),
  });
  upkeep.start();
  const pass = async (ms: number) => {
    for (const end = now + ms; now < end; ) {
      wake();
      await new Promise(setImmediate);
    }
  };
  return { machine, keeper, sizes, calls, rests, upkeep, pass, delaysMs, configurations, progress };
}

describe("upkeep", () => {
  test("the write-ahead log is checkpointed when it holds 4 MB, not before", async () => {
    const { machine, sizes, calls, pass } = await world();
    sizes.toMove = 3 * MB;
    machine.appliedIndex = 1;
    await pass(500);
    expect(calls).toEqual([]);
    sizes.toMove = 4 * MB;
    machine.appliedIndex = 2;
    await pass(500);
    expect(calls).toEqual(["checkpoint"]);
  });

  test("when writers outrun the checkpoint, applying pauses for a second one", async () => {
    const { machine, sizes, calls, pass } = await world();
    Object.assign(sizes, { toMove: 9 * MB, left: 9 * MB });
    machine.appliedIndex = 1;
    await pass(250);
    expect(calls).toEqual(["checkpoint", "hold", "checkpoint", "release"]);
  });

  test("after half a minute without writes the write-ahead log is emptied, once", async () => {
    const { machine, calls, pass } = await world();
    machine.appliedIndex = 1;
    await pass(29_000);
    expect(calls).toEqual([]);
    await pass(120_000);
    expect(calls).toEqual(["hold", "truncate", "release"]);
  });

  test("a snapshot is taken every 30 s at most, when 16384 entries are new, and 10000 entries stay before it", async () => {
    const { machine, calls, pass, configurations } = await world();
    machine.appliedIndex = 16_383;
    await pass(31_000);
    expect(calls.filter((call) => call.startsWith("snapshot"))).toEqual([]);
    machine.appliedIndex = 16_384;
    await pass(31_000);
    expect(calls.filter((call) => /snapshot|compact/.test(call))).toEqual([
      "snapshot 16384",
      "compact 6384",
      "compacted 6384",
    ]);
    expect(configurations).toEqual([{ index: 16_383, configuration: { servers: [] } }]);
    machine.appliedIndex = 40_000;
    await pass(10_000);
    expect(calls).not.toContain("snapshot 40000");
    await pass(21_000);
    expect(calls).toContain("snapshot 40000");
  });

  test("the log is never cut behind the oldest snapshot kept", async () => {
    const { machine, calls, pass } = await world();
    for (const index of [20_000, 100_000, 200_000]) {
      machine.appliedIndex = index;
      await pass(31_000);
    }
    expect(calls.filter((call) => call.startsWith("compact "))).toEqual([
      "compact 10000",
      "compact 20000",
      "compact 100000",
    ]);
  });

  test("the log keeps what a follower is being fed from it, up to three times the trailing entries", async () => {
    const { machine, calls, progress, pass } = await world();
    const follower = { id: "b", next: 1, contactMs: 0 };
    progress.push({ ...follower, match: 12_000, state: "replicate" }, { ...follower, match: 5, state: "snapshot" });
    for (const index of [30_000, 50_000]) {
      machine.appliedIndex = index;
      await pass(31_000);
    }
    expect(calls.filter((call) => call.startsWith("compact "))).toEqual(["compact 12000", "compact 20000"]);
  });

  test("the keeper rests 5 s after its last job, and no sooner while jobs come", async () => {
    const { machine, sizes, rests, pass } = await world();
    sizes.toMove = 4 * MB;
    for (let second = 0; second < 20; second++) {
      machine.appliedIndex++;
      await pass(1_000);
    }
    expect(rests).toEqual([]);
    await pass(5_000);
    // The last job was at 19.25 s, when the entry of second 19 was seen.
    expect(rests).toEqual([24_250]);
  });

  test("a failure, such as a full disk, is tried again later", async () => {
    const { machine, keeper, calls, pass } = await world();
    const take = keeper.takeSnapshot;
    keeper.takeSnapshot = () => Promise.reject(new Error("database or disk is full"));
    machine.appliedIndex = 20_000;
    await pass(31_000);
    keeper.takeSnapshot = take;
    await pass(31_000);
    expect(calls).toContain("snapshot 20000");
  });

  test("without writes it looks every 10 s once the log is empty, and the next write ends the pause", async () => {
    const { machine, upkeep, delaysMs, pass } = await world();
    machine.appliedIndex++;
    await pass(60_000);
    expect(delaysMs.at(-1)).toBe(10_000);
    machine.appliedIndex++;
    upkeep.applied(machine.appliedIndex, 10);
    expect(delaysMs.at(-1)).toBe(250);
  });

  test("while it fails it tries every 10 s, so that the log of a full disk is not flooded", async () => {
    const { machine, keeper, delaysMs, pass } = await world();
    keeper.walBytesToMove = () => Promise.reject(new Error("disk I/O error"));
    machine.appliedIndex = 1;
    await pass(250);
    expect(delaysMs.at(-1)).toBe(10_000);
  });

  test("large entries are snapshotted by their bytes, and fewer of them stay", async () => {
    const { machine, upkeep, calls, pass } = await world();
    const write = (entries: number) => {
      for (let at = 0; at < entries; at++) upkeep.applied(++machine.appliedIndex, MB);
    };
    write(63);
    await pass(1000);
    expect(calls.filter((call) => /snapshot|compact/.test(call))).toEqual([]);
    write(100);
    await pass(1000);
    write(100);
    await pass(1000);
    expect(calls.filter((call) => /snapshot|compact/.test(call))).toEqual([
      "snapshot 163",
      "compact 99",
      "compacted 99",
      "snapshot 263",
      "compact 163",
      "compacted 163",
    ]);
  });

  test("after a stop nothing runs any more", async () => {
    const { upkeep, calls } = await world();
    await upkeep.stop();
    expect(calls).toEqual(["cancel"]);
  });
});
