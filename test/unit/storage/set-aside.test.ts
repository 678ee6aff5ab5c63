import { expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DamageError } from "../../../src/storage/failure.ts";
import { clearMustJoin, readMustJoin, setAsideDamaged } from "../../../src/storage/set-aside.ts";
import { failureOf } from "../../support/failure-of.ts";
import { cleanUpAfterEach, commands, opened, startServer, tempDir, write } from "../../support/storage-rig.ts";

cleanUpAfterEach();

/** A data directory with a log that can't be opened, and the error that says so. */
async function damagedDir(dir = tempDir()): Promise<{ dir: string; damage: Error; log: Buffer }> {
  const server = await startServer(dir);
  await write(server, 1, 20);
  await server.stop();
  const path = join(dir, "raft", "raft.db");
  const log = readFileSync(path);
  const at = log.indexOf("c7");
  log[at] = (log[at] ?? 0) ^ 1;
  writeFileSync(path, log);
  return { dir, damage: await failureOf(opened(dir)), log };
}

test("a damaged log is set aside whole, the next start begins empty and knows that it must join", async () => {
  const { dir, damage, log } = await damagedDir();
  expect(damage).toBeInstanceOf(DamageError);
  expect(readMustJoin(dir)).toBeUndefined();
  const aside = setAsideDamaged(dir, damage.message, 1234);
  expect(aside).toBe(join(dir, "damaged-1234"));
  expect(readFileSync(join(aside, "raft", "raft.db")).equals(log)).toBe(true);
  expect(existsSync(join(aside, "state.db"))).toBe(true);
  const storage = await opened(dir);
  expect((await storage.store.open()).bounds.lastIndex).toBe(0);
  expect(readMustJoin(dir)).toEqual({ reason: damage.message, sinceMs: 1234 });
  await storage.close();
  expect((await opened(dir)) && readMustJoin(dir)).toBeDefined();
  clearMustJoin(dir);
  expect(readMustJoin(dir)).toBeUndefined();
  clearMustJoin(dir);
});

test("only the newest damaged files are kept", async () => {
  const { dir } = await damagedDir();
  setAsideDamaged(dir, "first", 1);
  const { log } = await damagedDir(dir);
  const aside = setAsideDamaged(dir, "second", 2);
  expect(readdirSync(dir).filter((name) => name.startsWith("damaged-"))).toEqual(["damaged-2"]);
  expect(readFileSync(join(aside, "raft", "raft.db")).equals(log)).toBe(true);
  expect(readMustJoin(dir)?.reason).toBe("second");
});

test("a data directory in use is left alone", async () => {
  const dir = tempDir();
  const server = await startServer(dir);
  expect(() => setAsideDamaged(dir, "no", 1)).toThrow("is in use by another running agent");
  expect(readMustJoin(dir)).toBeUndefined();
  await write(server, 1, 3);
  expect(server.machine.rows()).toEqual(commands(1, 3));
});

test("a crash before the log was moved leaves damage that the next start finds, and the note is there", async () => {
  const { dir } = await damagedDir();
  // What is done by then: the note, and the state.
  writeFileSync(join(dir, "must-join"), '{"reason":"x","sinceMs":1}');
  mkdirSync(join(dir, "damaged-1"));
  renameSync(join(dir, "state.db"), join(dir, "damaged-1", "state.db"));
  expect(await failureOf(opened(dir))).toBeInstanceOf(DamageError);
  setAsideDamaged(dir, "again", 2);
  expect((await (await opened(dir)).store.open()).bounds.lastIndex).toBe(0);
});

test("a note that can't be read counts", () => {
  const dir = tempDir();
  writeFileSync(join(dir, "must-join"), "");
  expect(readMustJoin(dir)?.reason).toContain("must-join is unreadable");
});
