import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Refusal } from "../../../src/lib/refusal.ts";
import type { SnapshotMeta } from "../../../src/raft/core/messages.ts";
import type { Entry, SnapshotInfo, StateKeeper } from "../../../src/raft/types.ts";
import type { Storage } from "../../../src/storage/open.ts";
import { failureOf } from "../../support/failure-of.ts";
import { cleanUpAfterEach, commands, killedCopy, opened, tempDir } from "../../support/storage-rig.ts";
import { ToyMachine } from "../../support/toy-machine.ts";

cleanUpAfterEach();

const CLUSTER = { servers: ["a", "b"].map((id) => ({ id, address: `${id}:8300`, voter: true })) };
const CONFIGURATION = { index: 1, configuration: CLUSTER };
const PART_BYTES = 5000;

function entries(from: number, to: number, term: number): Entry[] {
  return commands(from, to).map((data, at) => ({ index: from + at, term, type: "command", data }));
}

/** Appends entries and applies them. */
async function told(storage: Storage, machine: ToyMachine, from: number, to: number, term = 1): Promise<void> {
  await storage.store.append(entries(from, to, term));
  machine.apply(entries(from, to, term));
  machine.flush();
}

/** A leader of term 3 with a snapshot of entry 40. */
async function leader(count = 40) {
  const storage = await opened(tempDir());
  const machine = new ToyMachine(storage.db);
  await told(storage, machine, 1, count - 1);
  await told(storage, machine, count, count, 3);
  const take = async () => {
    await told(storage, machine, machine.appliedIndex + 1, machine.appliedIndex + 1, 3);
    return storage.keeper.takeSnapshot(CONFIGURATION);
  };
  return { keeper: storage.keeper, snapshot: await storage.keeper.takeSnapshot(CONFIGURATION), take };
}

/** A follower that has ten entries of term 1. */
async function follower(): Promise<{ dir: string; storage: Storage; machine: ToyMachine }> {
  const dir = tempDir();
  const storage = await opened(dir);
  const machine = new ToyMachine(storage.db);
  await told(storage, machine, 1, 10);
  return { dir, storage, machine };
}

const metaOf = ({ id: _, ...meta }: SnapshotInfo): SnapshotMeta => meta;

async function send(from: StateKeeper, { id, ...meta }: SnapshotInfo, to: StateKeeper): Promise<void> {
  for (let offset = 0; offset < meta.bytes; offset += PART_BYTES) {
    await to.receiveSnapshot(meta, offset, await from.readSnapshot(id, offset, PART_BYTES));
  }
}

describe("a snapshot for another server", () => {
  test("is described by what a receiver must know of it", async () => {
    const { snapshot, keeper } = await leader();
    expect(snapshot).toEqual({
      id: expect.any(String),
      index: 40,
      term: 3,
      configuration: CONFIGURATION,
      bytes: expect.any(Number),
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    const bytes = await keeper.readSnapshot(snapshot.id, 0, 1e9);
    expect(bytes.length).toBe(snapshot.bytes);
    expect(new Bun.CryptoHasher("sha256").update(bytes).digest("hex")).toBe(snapshot.sha256);
    expect((await keeper.readSnapshot(snapshot.id, snapshot.bytes - 7, 100)).length).toBe(7);
    expect((await keeper.readSnapshot(snapshot.id, snapshot.bytes, 100)).length).toBe(0);
  });

  test("stays while it is being read, though newer ones come; then it goes, and a reader is told so", async () => {
    const { snapshot, keeper, take } = await leader();
    await keeper.readSnapshot(snapshot.id, 0, 10);
    for (let count = 0; count < 3; count++) await take();
    expect(keeper.snapshots.map(({ id }) => id)).toContain(snapshot.id);
    expect(keeper.snapshots.length).toBe(3);
    await keeper.rest();
    await take();
    expect((await failureOf(keeper.readSnapshot(snapshot.id, 0, 10))).message).toContain("is not kept any more");
    expect(keeper.snapshots.length).toBe(2);
  });
});

describe("a snapshot from another server", () => {
  test("takes the place of log and state", async () => {
    const { keeper, snapshot } = await leader();
    const { dir, storage, machine } = await follower();
    await send(keeper, snapshot, storage.keeper);
    const installed = await storage.keeper.finishSnapshot(metaOf(snapshot));
    expect(installed).toEqual({ ...snapshot, id: expect.any(String) });
    expect(storage.keeper.snapshots[0]).toEqual(installed);
    await storage.store.reset(40, 3, CONFIGURATION);
    await storage.keeper.installNewest();
    machine.reload();
    expect(machine.rows()).toEqual(commands(1, 40));
    expect(machine.appliedIndex).toBe(40);
    await told(storage, machine, 41, 45, 3);
    const next = await opened(killedCopy(dir));
    expect(new ToyMachine(next.db).rows()).toEqual(commands(1, 45));
    expect(await next.store.open()).toMatchObject({
      bounds: { firstIndex: 41, lastIndex: 45, lastTerm: 3 },
      configurations: [CONFIGURATION],
    });
  });

  test("brings the offset of the indexes that clients see", async () => {
    const storage = await opened(tempDir());
    const machine = new ToyMachine(storage.db);
    await told(storage, machine, 1, 40);
    storage.db.$client.run("UPDATE applied SET offset = 500");
    const snapshot = await storage.keeper.takeSnapshot(CONFIGURATION);
    const target = await follower();
    await send(storage.keeper, snapshot, target.storage.keeper);
    await target.storage.keeper.finishSnapshot(metaOf(snapshot));
    await target.storage.store.reset(40, 1, CONFIGURATION);
    const rebuilt = await opened(killedCopy(target.dir));
    await target.storage.keeper.installNewest();
    target.machine.reload();
    for (const each of [target.machine, new ToyMachine(rebuilt.db)]) {
      expect([each.appliedIndex, each.stateIndex]).toEqual([40, 540]);
    }
  });

  test("goes on after a pause in which the keeper rested", async () => {
    const { keeper, snapshot } = await leader();
    const { storage } = await follower();
    const meta = metaOf(snapshot);
    await storage.keeper.receiveSnapshot(meta, 0, await keeper.readSnapshot(snapshot.id, 0, 100));
    await storage.keeper.rest();
    await storage.keeper.receiveSnapshot(meta, 100, await keeper.readSnapshot(snapshot.id, 100, 1e9));
    await storage.keeper.finishSnapshot(meta);
  });

  test("a part that doesn't follow, of another snapshot or beyond the end is refused; offset 0 begins anew", async () => {
    const { keeper, snapshot } = await leader();
    const { storage } = await follower();
    const meta = metaOf(snapshot);
    const part = new Uint8Array(100);
    expect(await failureOf(storage.keeper.receiveSnapshot(meta, 100, part))).toBeInstanceOf(Refusal);
    await storage.keeper.receiveSnapshot(meta, 0, part);
    for (const [other, offset, data] of [
      [meta, 99, part],
      [meta, 200, part],
      [{ ...meta, index: 41 }, 100, part],
      [{ ...meta, sha256: "0".repeat(64) }, 100, part],
      [meta, 100, new Uint8Array(meta.bytes)],
    ] as const) {
      const failure = await failureOf(storage.keeper.receiveSnapshot(other, offset, data));
      expect(failure).toBeInstanceOf(Refusal);
      expect(failure.message).toContain(`the part at ${offset} of the snapshot of entry ${other.index} doesn't follow`);
    }
    await storage.keeper.receiveSnapshot(meta, 100, part);
    await send(keeper, snapshot, storage.keeper);
    await storage.keeper.finishSnapshot(meta);
  });

  test("one that is short, changed, or of another entry than it says is refused and forgotten", async () => {
    const { keeper, snapshot } = await leader();
    const { dir, storage } = await follower();
    const meta = metaOf(snapshot);
    const bytes = await keeper.readSnapshot(snapshot.id, 0, 1e9);
    const changed = Uint8Array.from(bytes);
    changed[500] = (changed[500] ?? 0) ^ 1;
    for (const [of, data, text] of [
      [meta, bytes.subarray(1), "is not whole"],
      [meta, changed, "is not whole"],
      [{ ...meta, index: 39 }, bytes, "is one of entry 40"],
      [{ ...meta, term: 4 }, bytes, "is one of entry 40"],
    ] as const) {
      await storage.keeper.receiveSnapshot(of, 0, data);
      const failure = await failureOf(storage.keeper.finishSnapshot(of));
      expect(failure).toBeInstanceOf(Refusal);
      expect(failure.message).toContain(text);
      expect(readdirSync(join(dir, "raft", "snapshots"))).toEqual([]);
      expect(await failureOf(storage.keeper.finishSnapshot(of))).toBeInstanceOf(Refusal);
    }
    expect(storage.keeper.snapshots).toEqual([]);
  });

  test("one of a newer program is refused with what to do", async () => {
    const { keeper, snapshot } = await leader();
    const { storage } = await follower();
    const path = join(tempDir(), "image.db");
    writeFileSync(path, await keeper.readSnapshot(snapshot.id, 0, 1e9));
    const image = new Database(path);
    image.run("PRAGMA user_version = 9");
    image.close();
    const data = readFileSync(path);
    const sha256 = new Bun.CryptoHasher("sha256").update(data).digest("hex");
    const meta = { ...metaOf(snapshot), bytes: data.length, sha256 };
    await storage.keeper.receiveSnapshot(meta, 0, data);
    expect((await failureOf(storage.keeper.finishSnapshot(meta))).message).toContain(
      "has format 9, this program knows up to 0: upgrade this server too",
    );
  });
});

describe("a snapshot from another server and a crash", () => {
  /** A follower that has received the whole snapshot, and what a kill at this moment leaves. */
  async function received() {
    const { keeper, snapshot } = await leader();
    const { dir, storage, machine } = await follower();
    await send(keeper, snapshot, storage.keeper);
    return { dir, storage, machine, snapshot, keeper };
  }

  const rowsIn = (storage: Storage) => new ToyMachine(storage.db).rows();
  const markers = (dir: string) => {
    const snapshots = join(dir, "raft", "snapshots");
    return readdirSync(snapshots).filter((id) => existsSync(join(snapshots, id, "install")));
  };

  test("before it is finished: nothing of it is left, log and state are as before", async () => {
    const { dir } = await received();
    const copy = killedCopy(dir);
    const next = await opened(copy);
    expect(rowsIn(next)).toEqual(commands(1, 10));
    expect((await next.store.open()).bounds).toEqual({ firstIndex: 1, lastIndex: 10, lastTerm: 1 });
    expect(readdirSync(join(copy, "raft", "snapshots"))).toEqual([]);
  });

  test("between the snapshot and the log: the start resets the log and rebuilds the state", async () => {
    const { dir, storage, snapshot } = await received();
    await storage.keeper.finishSnapshot(metaOf(snapshot));
    const copy = killedCopy(dir);
    const next = await opened(copy);
    expect(rowsIn(next)).toEqual(commands(1, 40));
    expect(await next.store.open()).toMatchObject({
      bounds: { firstIndex: 41, lastIndex: 40, lastTerm: 3 },
      configurations: [CONFIGURATION],
    });
    expect(markers(copy)).toEqual([]);
  });

  test("between the log and the state: the start rebuilds the state", async () => {
    const { dir, storage, snapshot } = await received();
    await storage.keeper.finishSnapshot(metaOf(snapshot));
    await storage.store.reset(40, 3, CONFIGURATION);
    const copy = killedCopy(dir);
    const next = await opened(copy);
    expect(rowsIn(next)).toEqual(commands(1, 40));
    expect((await next.store.open()).bounds).toEqual({ firstIndex: 41, lastIndex: 40, lastTerm: 3 });
    expect(markers(copy)).toEqual([]);
  });

  test("after all of it, the log goes on from where it was, also when the marker was left", async () => {
    const { dir, storage, snapshot, machine } = await received();
    const { id } = await storage.keeper.finishSnapshot(metaOf(snapshot));
    await storage.store.reset(40, 3, CONFIGURATION);
    await storage.keeper.installNewest();
    machine.reload();
    expect(markers(dir)).toEqual([]);
    await told(storage, machine, 41, 60, 3);
    writeFileSync(join(dir, "raft", "snapshots", id, "install"), "");
    const copy = killedCopy(dir);
    const next = await opened(copy);
    expect((await next.store.open()).bounds).toEqual({ firstIndex: 41, lastIndex: 60, lastTerm: 3 });
    expect(markers(copy)).toEqual([]);
    // The log may have been cut behind it too.
    await storage.store.compact(50);
    expect((await storage.store.open()).bounds.firstIndex).toBe(51);
    const cut = await opened(killedCopy(dir));
    expect((await cut.store.open()).bounds).toEqual({ firstIndex: 51, lastIndex: 60, lastTerm: 3 });
    expect(rowsIn(cut)).toEqual(commands(1, 60));
  });

  test("a log that has the entry keeps what follows it, and the marker goes", async () => {
    const { keeper, snapshot } = await leader(10);
    const { dir, storage, machine } = await follower();
    await storage.store.append(entries(10, 12, 3), 10);
    machine.reload();
    await send(keeper, snapshot, storage.keeper);
    await storage.keeper.finishSnapshot(metaOf(snapshot));
    const copy = killedCopy(dir);
    expect(markers(copy)).toHaveLength(1);
    const next = await opened(copy);
    expect((await next.store.open()).bounds).toEqual({ firstIndex: 1, lastIndex: 12, lastTerm: 3 });
    expect(markers(copy)).toEqual([]);
  });

  test("a log with another entry at its index is reset to it", async () => {
    const { keeper, snapshot } = await leader(10);
    const dir = tempDir();
    const storage = await opened(dir);
    const machine = new ToyMachine(storage.db);
    await told(storage, machine, 1, 5);
    await storage.store.append(entries(6, 20, 2));
    await send(keeper, snapshot, storage.keeper);
    await storage.keeper.finishSnapshot(metaOf(snapshot));
    const next = await opened(killedCopy(dir));
    expect((await next.store.open()).bounds).toEqual({ firstIndex: 11, lastIndex: 10, lastTerm: 3 });
    expect(rowsIn(next)).toEqual(commands(1, 10));
  });

  test("damaged before the log was reset: it is dropped, the log is as good as before", async () => {
    const { dir, storage, snapshot } = await received();
    const { id } = await storage.keeper.finishSnapshot(metaOf(snapshot));
    const copy = killedCopy(dir);
    const image = join(copy, "raft", "snapshots", id, "state.bin");
    const bytes = readFileSync(image);
    bytes[700] = (bytes[700] ?? 0) ^ 1;
    writeFileSync(image, bytes);
    const next = await opened(copy);
    expect((await next.store.open()).bounds).toEqual({ firstIndex: 1, lastIndex: 10, lastTerm: 1 });
    expect(rowsIn(next)).toEqual(commands(1, 10));
    expect(readdirSync(join(copy, "raft", "snapshots"))).toEqual([]);
  });
});

test("a snapshot of before there were clusters has nobody in it", async () => {
  const { dir, storage } = await follower();
  const { id } = await storage.keeper.takeSnapshot(CONFIGURATION);
  const copy = killedCopy(dir);
  const path = join(copy, "raft", "snapshots", id, "meta.json");
  const { configuration: _, format: __, ...old } = JSON.parse(readFileSync(path, "utf8"));
  writeFileSync(path, JSON.stringify(old));
  mkdirSync(join(copy, "raft", "snapshots", "not-a-snapshot"));
  const next = await opened(copy);
  expect(next.keeper.snapshots).toEqual([{ ...old, configuration: { index: 0, configuration: { servers: [] } } }]);
  rmSync(path);
  await next.close();
  expect((await opened(copy)).keeper.snapshots).toEqual([]);
});
