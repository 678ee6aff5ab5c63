import { afterEach, describe, expect, test } from "bun:test";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RaftNode, startRaftNode } from "../../../src/raft/node.ts";
import type { SnapshotPolicy } from "../../../src/raft/upkeep.ts";
import { openMemoryStorage, openStorage, type Storage } from "../../../src/storage/open.ts";
import { failureOf } from "../../support/failure-of.ts";
import { realClock } from "../../support/real-clock.ts";
import { silentLogger, silentMeter } from "../../support/silent.ts";
import { ToyMachine } from "../../support/toy-machine.ts";

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function tempDir(): string {
  const dir = mkdtempSync(join(tmpdir(), "muster-open-"));
  cleanups.push(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

interface Server {
  storage: Storage;
  machine: ToyMachine;
  node: RaftNode;
  stop(): Promise<void>;
}

async function start(from: string | "memory", snapshotPolicy?: SnapshotPolicy): Promise<Server> {
  const onFatal = (reason: string) => {
    throw new Error(reason);
  };
  const storage =
    from === "memory" ? openMemoryStorage() : await openStorage({ dir: from, log: silentLogger, onFatal });
  const machine = new ToyMachine(storage.db);
  const node = await startRaftNode({
    ...storage,
    machine,
    log: silentLogger,
    meter: silentMeter,
    clock: realClock,
    nodeId: "n1",
    onRestored: () => machine.reload(),
    onFatal,
    ...(snapshotPolicy === undefined ? {} : { snapshotPolicy }),
  });
  let stopped = false;
  const stop = async () => {
    if (stopped) return;
    stopped = true;
    await node.stop();
    await storage.close();
  };
  cleanups.push(stop);
  return { storage, machine, node, stop };
}

async function write(server: Server, from: number, to: number): Promise<void> {
  await Promise.all(commands(from, to).map((data) => server.node.propose(data)));
}

function commands(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, i) => `c${from + i}`);
}

/** What a killed process would leave: a copy of the directory while it runs. */
function killedCopy(dir: string): string {
  const copy = tempDir();
  cpSync(dir, copy, { recursive: true });
  return copy;
}

const EAGER: SnapshotPolicy = { intervalMs: 1, thresholdEntries: 100, trailingEntries: 20 };

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate);
}

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
    expect(second.node.status()).toMatchObject({ term: 2, lastLogIndex: 52, appliedIndex: 52 });
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
      "it ends with entry 11, but entry 22 was acknowledged and applied",
    );
    rmSync(join(dir, "raft", "raft.db"));
    expect((await failureOf(start(dir))).message).toContain(
      "it ends with entry 0, but entry 22 was acknowledged and applied",
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
      if (to < 120) await first.storage.keeper.takeSnapshot();
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
});

for (const place of ["disk", "memory"] as const) {
  describe(`restore ${place === "disk" ? "on disk" : "in memory"}`, () => {
    const from = () => (place === "disk" ? tempDir() : "memory");

    test("replaces all state, under an index above the log's and the archive's, and the server goes on", async () => {
      const source = await start(from());
      await write(source, 1, 100);
      const archive = await source.node.saveSnapshot();
      const target = await start(from());
      await write(target, 900, 910);
      await target.node.restoreSnapshot(archive);
      expect(target.machine.rows()).toEqual(commands(1, 100));
      expect(target.node.status()).toMatchObject({ appliedIndex: 102, lastLogIndex: 102, lastSnapshotIndex: 102 });
      await target.node.propose("after");
      expect(target.machine.rows().at(-1)).toBe("after");
    });

    test("a broken archive changes nothing, and writes go on", async () => {
      const server = await start(from());
      await write(server, 1, 3);
      expect(await failureOf(server.node.restoreSnapshot(Buffer.from("garbage")))).toMatchObject({
        status: 500,
        message: expect.stringContaining("failed to decompress snapshot"),
      });
      await write(server, 4, 4);
      expect(server.machine.rows()).toEqual(commands(1, 4));
    });

    test("an archive of a newer version, with a table that is not known, is refused as a whole", async () => {
      const source = await start(from());
      await write(source, 1, 5);
      source.machine.flush();
      source.storage.db.$client.run("CREATE TABLE future (a)");
      const archive = await source.node.saveSnapshot();
      const target = await start(from());
      await write(target, 7, 8);
      expect((await failureOf(target.node.restoreSnapshot(archive))).message).toContain(
        "a newer version wrote it (table future)",
      );
      expect(target.machine.rows()).toEqual(commands(7, 8));
    });
  });
}

describe("restore and a crash", () => {
  test("a restore that was decided before the crash is finished by the next start", async () => {
    const source = await start("memory");
    await write(source, 1, 20);
    const archive = await source.node.saveSnapshot();
    const dir = tempDir();
    const target = await start(dir);
    await write(target, 900, 920);
    target.machine.flush();
    const { lastLogIndex, term } = target.node.status();
    await target.storage.keeper.importArchive(archive, lastLogIndex, term);
    const next = await start(killedCopy(dir));
    expect(next.machine.rows()).toEqual(commands(1, 20));
    expect(next.node.status().lastLogIndex).toBe(24);
  });

  test("a snapshot beyond the log that is no restore means that the log lost entries: refused", async () => {
    const dir = tempDir();
    const first = await start(dir);
    await write(first, 1, 20);
    first.machine.flush();
    await first.storage.keeper.takeSnapshot();
    await first.stop();
    rmSync(join(dir, "raft", "raft.db"));
    expect((await failureOf(start(dir))).message).toContain(
      "it ends with entry 0, but there is a snapshot of entry 21",
    );
    expect(existsSync(join(dir, "state.db"))).toBe(true);
  });
});
