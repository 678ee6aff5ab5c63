import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StateKeeper } from "../../../src/raft/types.ts";
import { openStateDb } from "../../../src/storage/state-db.ts";
import { startStateKeeper } from "../../../src/storage/state-keeper.ts";
import { failureOf } from "../../support/failure-of.ts";
import { ToyMachine } from "../../support/toy-machine.ts";

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const NOBODY = { index: 0, configuration: { servers: [] } };

/** A database with one committed row, and its keeper. */
function opened(): { dir: string; machine: ToyMachine; keeper: StateKeeper; write(count: number): void } {
  const dir = mkdtempSync(join(tmpdir(), "muster-keeper-"));
  const dbPath = join(dir, "state.db");
  const db = openStateDb({ path: dbPath });
  const machine = new ToyMachine(db);
  const onFatal = (reason: string) => {
    throw new Error(reason);
  };
  const keeper = startStateKeeper({ dbPath, snapshotsDir: join(dir, "snapshots") }, [], onFatal);
  cleanups.push(async () => {
    await keeper.close();
    db.$client.close();
    rmSync(dir, { recursive: true, force: true });
  });
  const write = (count: number) => {
    const from = machine.appliedIndex + 1;
    const data = "x".repeat(1000);
    machine.apply(Array.from({ length: count }, (_, i) => ({ index: from + i, term: 1, type: "command", data })));
  };
  return { dir, machine, keeper, write };
}

test("a checkpoint while nothing is applied lets the write-ahead log begin anew", async () => {
  const { dir, machine, keeper, write } = opened();
  for (let round = 0; round < 5; round++) {
    write(2000);
    machine.flush();
    expect(await keeper.walBytesToMove()).toBeGreaterThan(2_000_000);
    await keeper.checkpoint();
    expect(await keeper.walBytesToMove()).toBe(0);
  }
  expect(statSync(join(dir, "state.db-wal")).size).toBeLessThan(4_000_000);
});

test("a checkpoint doesn't wait for an open transaction; what it writes makes the log longer, as its result says", async () => {
  const { machine, keeper, write } = opened();
  write(1000);
  machine.flush();
  const first = await keeper.checkpoint();
  write(1000);
  await keeper.checkpoint();
  machine.flush();
  write(1000);
  await keeper.checkpoint();
  machine.flush();
  expect(await keeper.checkpoint()).toBeGreaterThanOrEqual(first);
});

test("truncating empties the file", async () => {
  const { dir, machine, keeper, write } = opened();
  write(1000);
  machine.flush();
  await keeper.truncateWal();
  expect(statSync(join(dir, "state.db-wal")).size).toBe(0);
});

test("what large rows leave is given back while nothing is applied, and the machine goes on", async () => {
  const { dir, machine, keeper, write } = opened();
  write(40_000);
  machine.flush();
  await keeper.truncateWal();
  expect(statSync(join(dir, "state.db")).size).toBeGreaterThan(40_000_000);
  machine.apply([{ index: machine.appliedIndex + 1, term: 1, type: "command", data: "delete 39990" }]);
  machine.flush();
  await keeper.truncateWal();
  expect(statSync(join(dir, "state.db")).size).toBeLessThan(100_000);
  write(5);
  expect(machine.rows().length).toBe(15);
});

test("a snapshot that fails leaves no file behind, and the keeper goes on", async () => {
  const { dir, keeper } = opened();
  await keeper.checkpoint();
  rmSync(join(dir, "snapshots"), { recursive: true, force: true });
  writeFileSync(join(dir, "snapshots"), "a file is in the way");
  expect((await failureOf(keeper.takeSnapshot(NOBODY))).message).toContain("ENOTDIR");
  expect(await keeper.walBytesToMove()).toBeGreaterThanOrEqual(0);
  expect(readdirSync(dir).sort()).toEqual(["snapshots", "state.db", "state.db-shm", "state.db-wal"]);
});

test("files that can't be opened fail the job, and the next one tries again", async () => {
  const { dir, keeper } = opened();
  writeFileSync(join(dir, "snapshots"), "a file is in the way");
  expect((await failureOf(keeper.takeSnapshot(NOBODY))).message).toContain("EEXIST");
  rmSync(join(dir, "snapshots"));
  expect((await keeper.takeSnapshot(NOBODY)).index).toBeGreaterThanOrEqual(0);
});

test("a keeper that rested takes up the next job; one with a job under way doesn't rest before it is done", async () => {
  const { keeper, write, machine } = opened();
  for (let round = 0; round < 3; round++) {
    write(100);
    machine.flush();
    const snapshot = keeper.takeSnapshot(NOBODY);
    const rest = keeper.rest();
    expect((await snapshot).index).toBe(machine.appliedIndex);
    await rest;
    await keeper.rest();
    expect(await keeper.walBytesToMove()).toBeGreaterThan(0);
    await keeper.truncateWal();
    expect(await keeper.walBytesToMove()).toBe(0);
  }
});

test("a keeper that is closed while it rests refuses later jobs", async () => {
  const { keeper } = opened();
  await keeper.checkpoint();
  const rest = keeper.rest();
  await keeper.close();
  await rest;
  expect((await failureOf(keeper.checkpoint())).message).toBe("the state keeper is closed");
});
