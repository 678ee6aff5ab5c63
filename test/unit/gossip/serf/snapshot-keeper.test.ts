import { describe, expect, test } from "bun:test";
import { SnapshotKeeper } from "../../../../src/gossip/serf/snapshot-keeper.ts";
import { MemorySnapshot } from "../../../support/gossip/serf-world.ts";
import { ManualClock, settle } from "../../../support/manual-clock.ts";
import { RecordingLogger } from "../../../support/recording-logger.ts";

function rig() {
  const clock = new ManualClock();
  const log = new RecordingLogger();
  const disk = new MemorySnapshot();
  let time = 0;
  const keeper = new SnapshotKeeper("", {
    store: (text, durable) => disk.store(text, durable),
    current: () => ({ alive: new Map(), clock: time, eventClock: 0, queryClock: 0, hasLeft: false }),
    clock,
    log,
  });
  const pass = async (ms: number) => {
    clock.advance(ms);
    await settle();
  };
  const change = () => {
    time++;
    keeper.touch();
  };
  return { clock, log, disk, keeper, pass, change };
}

describe("writing what is kept", () => {
  test("soon, and then once in five seconds, however much changes: flash wears out", async () => {
    const { disk, change, pass } = rig();
    for (let i = 0; i < 12; i++) {
      change();
      await pass(1000);
    }
    expect(disk.writes.map(({ text, durable }) => [text.split("\n")[0], durable])).toEqual([
      ["clock: 1", false],
      ["clock: 6", false],
      ["clock: 11", false],
    ]);
  });

  test("only when something is another than before", async () => {
    const { disk, keeper, change, pass, clock } = rig();
    change();
    await pass(5000);
    keeper.touch();
    await pass(5000);
    expect(disk.writes).toHaveLength(1);
    expect(clock.pendingMs).toEqual([]);
  });

  test("at the end what is not written yet is written, and survives a power cut", async () => {
    const { disk, keeper, change, clock } = rig();
    change();
    await keeper.close();
    expect(disk.writes).toMatchObject([{ durable: true }]);
    change();
    expect(clock.pendingMs).toEqual([]);
    await keeper.close();
    expect(disk.writes).toHaveLength(1);
  });

  test("a disk that does not take it is told of once, and tried again", async () => {
    const { disk, change, pass, log } = rig();
    disk.failure = new Error("no space left on device");
    change();
    await pass(5000);
    await pass(5000);
    expect(log.messages("error")).toEqual([
      "can't keep what is known of the pool, so a restart may not find it: no space left on device",
    ]);
    disk.failure = undefined;
    await pass(5000);
    expect(disk.writes).toHaveLength(1);
  });
});
