import { expect, test } from "bun:test";
import { statSync } from "node:fs";
import { join } from "node:path";
import type { Entry } from "../../../src/raft/types.ts";
import { LogFile } from "../../../src/storage/log-file.ts";
import { openLogStore } from "../../../src/storage/log-store.ts";
import { silentLogger } from "../../support/silent.ts";
import { cleanUpAfterEach, onFatal, tempDir, until } from "../../support/storage-rig.ts";

cleanUpAfterEach();

const MB = 1024 * 1024;
const KEPT = 2000;

const bytesOf = (dir: string, name: string) => statSync(join(dir, name), { throwIfNoEntry: false })?.size ?? 0;

function entries(from: number, to: number, bytes: number): Entry[] {
  return Array.from({ length: to - from + 1 }, (_, at) => ({
    index: from + at,
    term: 1,
    type: "command",
    data: "x".repeat(bytes),
  }));
}

test("a log that is compacted as it grows keeps its files at a size, however much is written", async () => {
  const dir = tempDir();
  const store = openLogStore({ dir, log: silentLogger, onFatal });
  await store.open();
  const size = { db: 0, wal: 0 };
  for (let round = 1; round <= 20; round++) {
    const last = round * KEPT;
    for (let from = last - KEPT + 1; from <= last; from += 500) await store.append(entries(from, from + 499, 500));
    if (round > 1) await store.compact(last - KEPT);
    await store.append([]);
    size.db = Math.max(size.db, bytesOf(dir, "raft/raft.db"));
    size.wal = Math.max(size.wal, bytesOf(dir, "raft/raft.db-wal"));
  }
  await store.close();
  // Of entries of half a page, 40 MB were written; two rounds are 4 MB, and a third one may wait to be compacted.
  expect(size.db).toBeLessThan(7 * MB);
  expect(size.wal).toBeLessThan(4.5 * MB);
});

test("a burst of large entries gives its space back when they are gone, and a large group that of the write-ahead log", async () => {
  const dir = tempDir();
  const store = openLogStore({ dir, log: silentLogger, onFatal });
  await store.open();
  await store.append(entries(1, 60, 500_000));
  await store.append(entries(61, 1000, 100));
  expect(bytesOf(dir, "raft/raft.db")).toBeGreaterThan(28 * MB);
  await store.compact(60);
  await store.append(entries(1001, 1001, 100));
  // The compaction goes on between other calls.
  await until(() => bytesOf(dir, "raft/raft.db") < MB);
  await store.append(entries(1002, 1002, 100));
  expect(bytesOf(dir, "raft/raft.db-wal")).toBeLessThanOrEqual(4 * MB);
  expect(await store.read(61, 2000, 1e9)).toEqual(entries(61, 1002, 100));
  await store.close();
  const again = openLogStore({ dir, log: silentLogger, onFatal });
  expect((await again.open()).bounds).toEqual({ firstIndex: 61, lastIndex: 1002, lastTerm: 1 });
  await again.close();
});

test("a compaction takes as many entries at a time as others can wait for", () => {
  const log = new LogFile(tempDir());
  log.transact(() => log.append([...entries(1, 20, 1_000_000), ...entries(21, 1000, 10)]));
  const slices: number[] = [];
  for (let reached = 0; reached < 1000; slices.push(reached)) {
    log.transact(() => {
      reached = log.compact(1000);
    });
  }
  expect(slices).toEqual([4, 8, 12, 16, 516, 1000]);
  log.close();
});
