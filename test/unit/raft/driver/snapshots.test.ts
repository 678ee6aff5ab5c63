import { describe, expect, test } from "bun:test";
import type { Event } from "../../../../src/raft/core/types.ts";
import { Snapshots } from "../../../../src/raft/driver/snapshots.ts";
import { openMemoryLogStore } from "../../../../src/storage/memory-log-store.ts";
import { settle } from "../../../support/manual-clock.ts";
import { FakeState } from "../../../support/raft/fake-state.ts";
import { silentLogger } from "../../../support/silent.ts";

const configuration = { index: 1, configuration: { servers: [{ id: "a", address: "a:1", voter: true }] } };

function world(rows: number) {
  const state = new FakeState();
  const store = openMemoryLogStore();
  const events: Event[] = [];
  const fatal: string[] = [];
  const snapshots = new Snapshots({
    ...state,
    store,
    log: silentLogger,
    step: (event) => events.push(event),
    holdApply: (run) => run(),
    onReloaded: () => undefined,
    onFatal: (reason) => fatal.push(reason),
  });
  const { machine, keeper } = state;
  machine.apply(Array.from({ length: rows }, (_, at) => ({ index: at + 1, term: 1, type: "command", data: `r${at}` })));
  machine.flush();
  return { snapshots, state, keeper, machine, store, events, fatal };
}

describe("a snapshot for another server", () => {
  test("is read in parts, and a part of one that is gone is answered with nothing", async () => {
    const { snapshots, keeper, events } = world(5);
    const info = await keeper.takeSnapshot(configuration);
    snapshots.read({ type: "readSnapshot", to: "b", index: undefined, offset: 3, bytesMax: 4 });
    snapshots.read({ type: "readSnapshot", to: "b", index: info.index + 1, offset: 0, bytesMax: 4 });
    await settle();
    const { id: _, ...snapshot } = info;
    const data = await keeper.readSnapshot(info.id, 3, 4);
    expect(events).toEqual([
      { type: "snapshotRead", to: "b", offset: 0, chunk: undefined },
      { type: "snapshotRead", to: "b", offset: 3, chunk: { snapshot, data } },
    ]);
  });
});

describe("a leader's snapshot", () => {
  test("is stored in parts and takes the place of log and state", async () => {
    const source = world(9);
    const info = await source.keeper.takeSnapshot(configuration);
    const { id: _, ...snapshot } = info;
    const image = await source.keeper.readSnapshot(info.id, 0, 1e9);
    const { snapshots, machine, store, events } = world(2);
    snapshots.write({ type: "writeChunk", snapshot, offset: 0, data: image.slice(0, 10) });
    await settle();
    snapshots.write({ type: "writeChunk", snapshot, offset: 10, data: image.slice(10) });
    await settle();
    snapshots.install({ type: "installSnapshot", snapshot });
    await settle();
    expect(events).toEqual([
      { type: "chunkWritten", snapshot, nextOffset: 10, ok: true },
      { type: "chunkWritten", snapshot, nextOffset: snapshot.bytes, ok: true },
      { type: "snapshotInstalled", snapshot, ok: true },
    ]);
    expect(machine.rows).toEqual(source.machine.rows);
    expect((await store.open()).bounds).toEqual({ firstIndex: 10, lastIndex: 9, lastTerm: 1 });
  });

  test("that is not whole is not installed, and one that fails half way ends the server", async () => {
    const source = world(9);
    const { id: _, ...snapshot } = await source.keeper.takeSnapshot(configuration);
    const { snapshots, machine, keeper, events, fatal } = world(2);
    snapshots.install({ type: "installSnapshot", snapshot });
    await settle();
    expect(events).toEqual([{ type: "snapshotInstalled", snapshot, ok: false }]);
    expect(machine.appliedIndex).toBe(2);
    keeper.finishSnapshot = async () => ({ ...snapshot, id: "x" });
    keeper.installNewest = () => Promise.reject(new Error("I/O error"));
    snapshots.install({ type: "installSnapshot", snapshot });
    await settle();
    expect(fatal).toEqual([expect.stringContaining("could not be installed: Error: I/O error")]);
  });

  test("is not installed while the log is being cut", async () => {
    const { snapshots } = world(1);
    const order: string[] = [];
    const first = snapshots.exclusively(async () => {
      await settle();
      order.push("cut");
      throw new Error("failed");
    });
    const second = snapshots.exclusively(async () => order.push("install"));
    await expect(first).rejects.toThrow("failed");
    await second;
    expect(order).toEqual(["cut", "install"]);
  });
});
