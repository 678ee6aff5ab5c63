import { expect, test } from "bun:test";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Entry } from "../../../src/raft/types.ts";
import { LogFile } from "../../../src/storage/log-file.ts";
import { giveBackIfFull, RESERVE_FILE, SpaceReserve } from "../../../src/storage/space-reserve.ts";
import { cleanUpAfterEach, tempDir } from "../../support/storage-rig.ts";

cleanUpAfterEach();

const MB = 1024 * 1024;

function rig() {
  const dir = tempDir();
  const log = new LogFile(dir);
  const path = join(dir, RESERVE_FILE);
  const bytesOf = (name: string) => statSync(join(dir, name)).size;
  return { dir, log, path, bytesOf, reserve: new SpaceReserve(path, log) };
}

test("a reserve is space in all three files, once; it stays when the process ends", () => {
  const { dir, log, path, bytesOf, reserve } = rig();
  reserve.hold(0);
  expect(reserve.isHeld).toBe(true);
  expect(bytesOf(RESERVE_FILE)).toBe(2 * MB);
  expect(bytesOf("raft.db-wal")).toBeGreaterThanOrEqual(1.5 * MB);
  const before = bytesOf("raft.db");
  expect(before).toBeGreaterThan(0.5 * MB);
  log.close();
  const again = new LogFile(dir);
  new SpaceReserve(path, again).hold(0);
  expect(bytesOf("raft.db")).toBe(before);
  again.close();
});

test("given back, its pages are what entries take, and the write-ahead log begins anew in place", () => {
  const { log, path, bytesOf, reserve } = rig();
  expect(reserve.release()).toBe(false);
  reserve.hold(0);
  const sizes = () => [bytesOf("raft.db"), bytesOf("raft.db-wal")];
  const before = sizes();
  expect(reserve.release()).toBe(true);
  expect(reserve.release()).toBe(false);
  expect(existsSync(path)).toBe(false);
  let checkpoints = 0;
  for (let term = 1; checkpoints < 2; term++) {
    const noop: Entry = { index: term, term, type: "noop", data: "" };
    log.transact(() => {
      log.setHardState({ term, votedFor: "n1" });
      log.append([noop]);
    });
    if (!log.isCheckpointDue) continue;
    log.checkpoint();
    checkpoints++;
  }
  expect(sizes()).toEqual(before);
  reserve.hold(0);
  expect(bytesOf(RESERVE_FILE)).toBe(2 * MB);
  log.close();
});

test("nothing is held when that would leave too little; the file stays while the disk has room", () => {
  const { log, path, reserve } = rig();
  reserve.hold(Number.MAX_SAFE_INTEGER);
  expect([reserve.isHeld, existsSync(path)]).toEqual([false, false]);
  reserve.hold(0);
  giveBackIfFull(path);
  expect(existsSync(path)).toBe(true);
  log.close();
});
