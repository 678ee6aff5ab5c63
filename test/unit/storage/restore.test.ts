import { describe, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { Refusal } from "../../../src/lib/refusal.ts";
import type { RestoreOptions } from "../../../src/raft/types.ts";
import { planRestore } from "../../../src/state/restore/plan.ts";
import { openMemoryStorage, type Storage } from "../../../src/storage/open.ts";
import { MemoryArchive, packed, takeAll, unpacked } from "../../support/archives.ts";
import { failureOf } from "../../support/failure-of.ts";
import {
  cleanUpAfterEach,
  commands,
  killedCopy,
  opened,
  type StorageServer,
  startServer as start,
  tempDir,
  write,
} from "../../support/storage-rig.ts";
import { ToyMachine } from "../../support/toy-machine.ts";

cleanUpAfterEach();

/** An archive of a log with so many entries, and these rows. */
async function archiveOf(count: number): Promise<Uint8Array> {
  const source = await start("memory");
  await write(source, 1, count);
  return savedBy(source);
}

const savedBy = async ({ node }: StorageServer) => takeAll((await node.saveSnapshot()).archive);

/** Restores an archive that comes in parts, as it does from a caller. */
async function restore({ node }: StorageServer, bytes: Uint8Array, options?: RestoreOptions) {
  const draft = await node.newArchive();
  for (let at = 0; at < bytes.length; at += 50_000) await draft.write(bytes.subarray(at, at + 50_000));
  const archive = await draft.finish();
  try {
    return await node.restoreSnapshot(archive, options);
  } finally {
    await archive.remove();
  }
}

const metaOf = (archive: Uint8Array) => unpacked(archive, join(tempDir(), "state.bin"));

/** An archive as this program wrote it before it wrote Consul's records, and as its log has it. */
async function imageArchiveOf(count: number, also?: string): Promise<Uint8Array> {
  const source = await start("memory");
  await write(source, 1, count);
  source.machine.flush();
  const client = source.storage.db.$client;
  if (also !== undefined) client.run(also);
  const image = client.serialize();
  const meta = { Version: 1, ID: "1-2-3", Index: source.machine.stateIndex, Term: 1, Size: image.length };
  return packed(image, { meta: JSON.stringify(meta) });
}

/** A state without consensus above it: entries are applied as they are told. */
function applier(storage: Storage) {
  const machine = new ToyMachine(storage.db);
  const apply = (data: string) => {
    const index = machine.appliedIndex + 1;
    return machine.apply([{ index, term: 1, type: "command", data }])[0];
  };
  return {
    machine,
    apply,
    async stage(archive: Uint8Array, id: string): Promise<string> {
      const { chunks, restore } = planRestore(new MemoryArchive(archive), id);
      for await (const { data } of chunks) apply(data);
      return restore;
    },
    async install(data: string): Promise<Refusal | undefined> {
      machine.flush();
      const refusal = await storage.keeper.installStaged({ index: machine.appliedIndex + 1, term: 1, data });
      machine.reload();
      return refusal;
    },
  };
}

const stagedRows = ({ db }: Storage) => db.$client.query("SELECT count(*) AS n FROM restore_staging").get();

for (const place of ["disk", "memory"] as const) {
  describe(`restore ${place === "disk" ? "on disk" : "in memory"}`, () => {
    const from = () => (place === "disk" ? tempDir() : "memory");
    const storageOf = async () => (place === "disk" ? opened(tempDir()) : openMemoryStorage());

    test("replaces all state as an entry of the log, and the server goes on", async () => {
      const archive = await archiveOf(100);
      const target = await start(from());
      await write(target, 900, 910);
      const before = target.node.status().lastLogIndex;
      await restore(target, archive);
      expect(target.machine.rows()).toEqual(commands(1, 100));
      expect(target.node.status().appliedIndex).toBe(before + 2);
      expect(stagedRows(target.storage)).toEqual({ n: 0 });
      await target.node.propose("after");
      expect(target.machine.rows().at(-1)).toBe("after");
    });

    test("an archive of many parts comes together", async () => {
      const source = await start("memory");
      const noise = crypto.getRandomValues(new Uint8Array(60_000)).toHex();
      await Promise.all(commands(1, 20).map((text) => source.node.propose(`${text} ${noise}`)));
      const archive = await savedBy(source);
      const target = await start(from());
      const before = target.node.status().lastLogIndex;
      await restore(target, archive);
      expect(target.node.status().lastLogIndex).toBeGreaterThan(before + 3);
      expect(target.machine.rows()).toEqual(source.machine.rows());
    });

    test("indexes that clients see never go back: not below those of the rows, nor below any that was shown", async () => {
      const archive = await archiveOf(100);
      const meta = await metaOf(archive);
      const fresh = await start(from());
      await restore(fresh, archive);
      expect(fresh.machine.stateIndex).toBe(meta.Index);
      await fresh.node.propose("after");
      expect(fresh.machine.stateIndex).toBe(meta.Index + 1);
      // An archive of what is there now has the index that clients saw.
      const second = await savedBy(fresh);
      expect((await metaOf(second)).Index).toBe(meta.Index + 1);
      const third = await start(from());
      await restore(third, second);
      expect(third.machine.stateIndex).toBe(meta.Index + 1);
      // One with smaller indexes changes rows, but takes none of them back.
      await restore(third, await archiveOf(3));
      expect(third.machine.stateIndex).toBe(meta.Index + 3);
      expect(third.machine.rows()).toEqual(commands(1, 3));
    });

    test("a broken archive changes nothing, and writes go on", async () => {
      const server = await start(from());
      await write(server, 1, 3);
      const before = server.node.status().lastLogIndex;
      expect(await failureOf(restore(server, Buffer.from("garbage")))).toMatchObject({
        status: 500,
        message: expect.stringContaining("failed to decompress snapshot"),
      });
      expect(server.node.status().lastLogIndex).toBe(before);
      await write(server, 4, 4);
      expect(server.machine.rows()).toEqual(commands(1, 4));
    });

    test("an archive of a newer version is refused as a whole, by its format, a table or a column", async () => {
      const changes = {
        "CREATE TABLE future AS SELECT 1 AS a": "table future",
        "ALTER TABLE rows ADD COLUMN future": "column rows.future",
        "PRAGMA user_version = 7": "format 7; this program knows up to 0",
      };
      for (const [sql, what] of Object.entries(changes)) {
        const source = await start("memory");
        await write(source, 1, 5);
        source.machine.flush();
        source.storage.db.$client.run(sql);
        const archive = await savedBy(source);
        const target = await start(from());
        await write(target, 7, 8);
        const failure = await failureOf(restore(target, archive));
        expect(failure).toBeInstanceOf(Refusal);
        expect(failure.message).toContain(`a newer version wrote it (${what})`);
        expect(target.machine.rows()).toEqual(commands(7, 8));
      }
    });

    test("rows that the tables don't take are refused", async () => {
      const source = await start("memory");
      source.machine.flush();
      const client = source.storage.db.$client;
      client.run("ALTER TABLE rows RENAME TO old");
      client.run("CREATE TABLE rows (idx INTEGER PRIMARY KEY, data TEXT)");
      client.run("INSERT INTO rows VALUES (1, NULL)");
      client.run("DROP TABLE old");
      const archive = await savedBy(source);
      const target = await start(from());
      expect((await failureOf(restore(target, archive))).message).toContain("NOT NULL constraint failed");
    });

    test("an entry whose archive is not there only counts as applied, with the same answer on every server", async () => {
      const storage = await storageOf();
      const { apply, stage, install, machine } = applier(storage);
      apply("kept");
      const archive = await imageArchiveOf(10);
      const first = await stage(archive, "first");
      await stage(archive, "second");
      expect((await install(first))?.message).toBe("snapshot restore was ended by another one");
      expect(machine.appliedIndex).toBe(4);
      expect(machine.rows()).toEqual(["kept"]);
      expect(stagedRows(storage)).toEqual({ n: 0 });
      expect((await install("nonsense"))?.message).toContain("doesn't say which one");
      expect((await install(await stage(Buffer.from("more garbage"), "third")))?.message).toContain(
        "gzip: invalid header",
      );
      expect(machine.appliedIndex).toBe(7);
    });

    test("what only this server's program can't read ends it: its state would be another one than that of the rest", async () => {
      const archive = await imageArchiveOf(3, "CREATE TABLE future (a)");
      const storage = await storageOf();
      const { apply, stage, install, machine } = applier(storage);
      apply("kept");
      const failure = await failureOf(install(await stage(archive, "first")));
      expect(failure).not.toBeInstanceOf(Refusal);
      expect(failure.message).toContain("a newer version wrote it (table future)");
      machine.reload();
      expect(machine.appliedIndex).toBe(2);
      expect(machine.rows()).toEqual(["kept"]);
    });

    test("an archive never has the parts of a restore that is under way, a snapshot of the log has", async () => {
      const storage = await storageOf();
      const { stage, machine, apply } = applier(storage);
      apply("kept");
      await stage(await imageArchiveOf(10), "first");
      machine.flush();
      const members = { configuration: { index: 1, configuration: { servers: [] } } };
      const exported = await storage.keeper.exportArchive(members, { withoutNewer: false });
      const archive = await takeAll(exported.archive);
      const target = await start("memory");
      await restore(target, archive);
      expect(target.machine.rows()).toEqual(["kept"]);
      expect(stagedRows(target.storage)).toEqual({ n: 0 });
      expect(stagedRows(storage)).toEqual({ n: 1 });
    });

    test("an archive of before, an image of the state, is restored as well", async () => {
      const target = await start(from());
      await restore(target, await imageArchiveOf(10));
      expect(target.machine.rows()).toEqual(commands(1, 10));
      await expect(restore(target, await imageArchiveOf(3, "CREATE TABLE future (a)"))).rejects.toThrow(
        "a newer version wrote it (table future)",
      );
      expect(target.machine.rows()).toEqual(commands(1, 10));
    });
  });
}

describe("restore and a crash", () => {
  test("between the parts and the entry: the old state stays, and the next restore works", async () => {
    const archive = await imageArchiveOf(20);
    const dir = tempDir();
    const target = await start(dir);
    await write(target, 900, 920);
    for await (const { data } of planRestore(new MemoryArchive(archive), "lost").chunks)
      await target.node.propose(data);
    const next = await start(killedCopy(dir));
    expect(next.machine.rows()).toEqual(commands(900, 920));
    await restore(next, archive);
    expect(next.machine.rows()).toEqual(commands(1, 20));
  });

  test("after it: the log does it again, also when the state is lost", async () => {
    const archive = await archiveOf(20);
    const dir = tempDir();
    const target = await start(dir);
    await write(target, 900, 920);
    await restore(target, archive);
    await write(target, 21, 25);
    const { stateIndex } = target.machine;
    const copy = killedCopy(dir);
    for (const suffix of ["", "-wal", "-shm"]) rmSync(join(copy, `state.db${suffix}`), { force: true });
    for (const each of [killedCopy(dir), copy]) {
      const next = await start(each);
      expect(next.machine.rows()).toEqual(commands(1, 25));
      // A start adds an entry of its own.
      expect(next.machine.stateIndex).toBe(stateIndex + 1);
    }
  });

  test("a snapshot that is taken between the parts and the entry is enough for the rest of the log", async () => {
    const archive = await imageArchiveOf(20);
    const dir = tempDir();
    const target = await start(dir);
    await write(target, 900, 920);
    const { chunks, restore } = planRestore(new MemoryArchive(archive), "id");
    for await (const { data } of chunks) await target.node.propose(data);
    target.machine.flush();
    const { index } = await target.storage.keeper.takeSnapshot(target.node.configuration());
    await target.storage.store.compact(index);
    const { lastLogIndex, term } = target.node.status();
    await target.storage.store.append([{ index: lastLogIndex + 1, term, type: "restore", data: restore }]);
    const copy = killedCopy(dir);
    for (const suffix of ["", "-wal", "-shm"]) rmSync(join(copy, `state.db${suffix}`), { force: true });
    const next = await start(copy);
    expect(next.machine.rows()).toEqual(commands(1, 20));
  });
});
