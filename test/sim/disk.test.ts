import { describe, expect, test } from "bun:test";
import type { Entry } from "../../src/raft/types.ts";
import { drawSwarm } from "./plan/swarm.ts";
import { Random } from "./random.ts";
import type { Context } from "./world/context.ts";
import { Disk, type DiskUser } from "./world/disk.ts";
import { EventQueue } from "./world/queue.ts";

const entry = (index: number): Entry => ({ index, term: 1, type: "command", data: `${index}` });

/** A disk in a world that only the test moves on. */
function rig(seed = 1) {
  const queue = new EventQueue();
  let nowMs = 0;
  const context: Context = {
    get nowMs() {
      return nowMs;
    },
    after: (delayMs, action) => queue.push(nowMs + delayMs, action),
    at: (ms, action) => queue.push(ms, action),
    random: (concern) => new Random(seed, concern),
    trace: undefined,
  };
  const swarm = { ...drawSwarm(1).disk, syncMs: 5, slowChance: 0, hopMs: 1 };
  const disk = new Disk(context, swarm);
  const told: string[] = [];
  const user: DiskUser = {
    persisted: (id) => told.push(`persisted ${id}`),
    appendRefused: (id, heard) => {
      heard();
      told.push(`refused ${id}`);
    },
    syncFailed: () => told.push("sync failed"),
  };
  disk.open(user);
  const run = () => {
    for (let event = queue.pop(); event !== undefined; event = queue.pop()) {
      nowMs = event.atMs;
      event.action();
    }
  };
  const append = (id: number, index: number) =>
    disk.persist(id, undefined, { truncateFrom: undefined, entries: [entry(index)] });
  return { disk, told, run, append };
}

describe("the simulated disk", () => {
  test("answers writes in their order, once they are in the log", () => {
    const { disk, told, run, append } = rig();
    for (let id = 1; id <= 5; id++) append(id, id);
    expect(disk.log.lastIndex).toBe(0);
    run();
    expect(told).toEqual([1, 2, 3, 4, 5].map((id) => `persisted ${id}`));
    expect(disk.log.lastIndex).toBe(5);
  });

  test("keeps in a crash what was answered, and of the rest any number of first writes", () => {
    const ends = new Set<number>();
    for (let seed = 1; seed <= 60; seed++) {
      const { disk, run, append, told } = rig(seed);
      append(1, 1);
      run();
      append(2, 2);
      append(3, 3);
      const { lostCalls } = disk.crash(true);
      run();
      expect(disk.log.lastIndex).toBe(3 - lostCalls);
      expect(told).toEqual(["persisted 1"]);
      ends.add(disk.log.lastIndex);
    }
    expect([...ends].sort()).toEqual([1, 2, 3]);
  });

  test("refuses, when it is full, an append and all that were called before its caller heard; terms and votes still go", () => {
    const { disk, told, run, append } = rig();
    disk.isFull = true;
    append(1, 1);
    disk.persist(2, { term: 4, votedFor: "a" }, undefined);
    append(3, 2);
    run();
    expect(told).toEqual(["refused 1", "persisted 2", "refused 3"]);
    expect(disk.hardState.term).toBe(4);
    disk.isFull = false;
    append(4, 1);
    run();
    expect(told.at(-1)).toBe("persisted 4");
  });

  test("tells of a failed sync, and then answers nothing more", () => {
    const { disk, told, run, append } = rig();
    disk.willSyncFail = true;
    append(1, 1);
    run();
    expect(told).toEqual(["sync failed"]);
  });
});
