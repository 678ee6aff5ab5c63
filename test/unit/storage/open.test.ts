import { describe, expect, test } from "bun:test";
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SnapshotPolicy } from "../../../src/raft/upkeep.ts";
import { failureOf } from "../../support/failure-of.ts";
import {
  cleanUpAfterEach,
  commands,
  killedCopy,
  startServer as start,
  tempDir,
  until,
  write,
} from "../../support/storage-rig.ts";

cleanUpAfterEach();

const EAGER: SnapshotPolicy = { intervalMs: 1, thresholdEntries: 100, trailingEntries: 20 };

describe("data directory", () => {
  test("a stopped server continues where it was, without replay", async () => {
    const dir = tempDir();
    const first = await start(dir);
    await write(first, 1, 50);
    await first.stop();
    expect(readdirSync(dir).sort()).toEqual(["lock", "raft", "state.db"]);
    const second = await start(dir);
    expect(second.machine.rows()).toEqual(commands(1, 50));
    expect(second.machine.batches).toEqual([1]);
    expect(second.node.status()).toMatchObject({ term: 3, lastLogIndex: 53, appliedIndex: 53 });
  });

  test("a killed server applies the tail of the log that its database had not committed", async () => {
    const dir = tempDir();
    const first = await start(dir);
    await write(first, 1, 50);
    first.machine.flush();
    await write(first, 51, 80);
    const second = await start(killedCopy(dir));
    expect(second.machine.rows()).toEqual(commands(1, 80));
  });

  test("a missing or damaged state.db is rebuilt from the log, and the damaged one is set aside", async () => {
    const dir = tempDir();
    const first = await start(dir);
    await write(first, 1, 30);
    await first.stop();
    writeFileSync(join(dir, "state.db"), "this is not a database at all, but it is long enough for a header".repeat(9));
    const second = await start(dir);
    expect(second.machine.rows()).toEqual(commands(1, 30));
    await second.stop();
    expect(readdirSync(dir).filter((name) => name.startsWith("state.db.damaged-"))).toHaveLength(1);
    rmSync(join(dir, "state.db"));
    expect((await start(dir)).machine.rows()).toEqual(commands(1, 30));
  });

  test("a flipped bit in the structure of state.db is found at the next start", async () => {
    const dir = tempDir();
    const first = await start(dir);
    await write(first, 1, 2000);
    await first.stop();
    const bytes = readFileSync(join(dir, "state.db"));
    // The number of cells in the third page.
    bytes[2 * 4096 + 4] = (bytes[2 * 4096 + 4] ?? 0) ^ 1;
    writeFileSync(join(dir, "state.db"), bytes);
    expect((await start(dir)).machine.rows()).toEqual(commands(1, 2000));
    expect(readdirSync(dir).some((name) => name.startsWith("state.db.damaged-"))).toBe(true);
  });

  test("a state that is ahead of the log means that acknowledged writes are missing: refused", async () => {
    const dir = tempDir();
    const first = await start(dir);
    await write(first, 1, 10);
    await first.stop();
    copyFileSync(join(dir, "raft", "raft.db"), join(dir, "older"));
    const second = await start(dir);
    await write(second, 11, 20);
    await second.stop();
    copyFileSync(join(dir, "older"), join(dir, "raft", "raft.db"));
    expect((await failureOf(start(dir))).message).toContain(
      "it ends with entry 12, but entry 23 was acknowledged and applied",
    );
    rmSync(join(dir, "raft", "raft.db"));
    expect((await failureOf(start(dir))).message).toContain(
      "it ends with entry 0, but entry 23 was acknowledged and applied",
    );
  });

  test("a second agent on the directory is refused, and the first is not disturbed", async () => {
    const dir = tempDir();
    const first = await start(dir);
    expect((await failureOf(start(dir))).message).toContain("is in use by another running agent");
    await write(first, 1, 3);
    expect(first.machine.rows()).toEqual(commands(1, 3));
  });
});

describe("snapshots", () => {
  test("are taken by the policy, two are kept, and the log is cut behind the older one", async () => {
    const dir = tempDir();
    const server = await start(dir, EAGER);
    for (let from = 1; server.storage.keeper.snapshots.length < 2 || from < 700; from += 100) {
      const before = server.storage.keeper.snapshots[0]?.index ?? 0;
      await write(server, from, from + 99);
      await until(() => (server.storage.keeper.snapshots[0]?.index ?? 0) > before);
    }
    await server.stop();
    const [newest, older] = server.storage.keeper.snapshots;
    expect(readdirSync(join(dir, "raft", "snapshots")).sort()).toEqual([older?.id, newest?.id].sort() as string[]);
    const second = await start(dir);
    const { bounds } = await second.storage.store.open();
    expect(bounds.firstIndex).toBeLessThanOrEqual((older?.index ?? 0) + 1);
    expect(bounds.firstIndex).toBeGreaterThan(1);
    expect(second.node.status().lastSnapshotIndex).toBe(newest?.index ?? 0);
  });

  test("with the rest of the log rebuild a lost state, also from the older one when the newest is damaged", async () => {
    const dir = tempDir();
    const first = await start(dir);
    for (const [from, to] of [
      [1, 40],
      [41, 80],
      [81, 120],
    ] as const) {
      await write(first, from, to);
      first.machine.flush();
      if (to < 120) await first.storage.keeper.takeSnapshot(first.node.configuration());
    }
    const [newest, older] = first.storage.keeper.snapshots;
    await first.storage.store.compact(older?.index ?? 0);
    await write(first, 121, 121);
    await first.stop();
    rmSync(join(dir, "state.db"));
    const second = await start(dir);
    expect(second.machine.rows()).toEqual(commands(1, 121));
    await second.stop();
    rmSync(join(dir, "state.db"));
    const image = join(dir, "raft", "snapshots", newest?.id ?? "", "state.bin");
    const bytes = readFileSync(image);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    writeFileSync(image, bytes);
    const third = await start(dir);
    expect(third.machine.rows()).toEqual(commands(1, 121));
    await third.stop();
    rmSync(join(dir, "state.db"));
    rmSync(join(dir, "raft", "snapshots"), { recursive: true });
    expect((await failureOf(start(dir))).message).toContain(
      "state.db is damaged: it can't be rebuilt: the log starts with entry",
    );
  });

  test("a snapshot beyond the log means that the log lost entries: refused", async () => {
    const dir = tempDir();
    const first = await start(dir);
    await write(first, 1, 20);
    first.machine.flush();
    await first.storage.keeper.takeSnapshot(first.node.configuration());
    await first.stop();
    rmSync(join(dir, "raft", "raft.db"));
    expect((await failureOf(start(dir))).message).toContain(
      "it ends with entry 0, but there is a snapshot of entry 22",
    );
    expect(existsSync(join(dir, "state.db"))).toBe(true);
  });
});
