import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { STATE_SCHEMA } from "../../../src/state/commands.ts";
import { Machine } from "../../../src/state/machine.ts";
import { migrate } from "../../../src/state/migrate.ts";
import { Publisher } from "../../../src/state/publisher.ts";
import { DamageError, FormatError } from "../../../src/storage/failure.ts";
import { LogFile } from "../../../src/storage/log-file.ts";
import { LOG_FORMAT, sealCrc } from "../../../src/storage/log-schema.ts";
import { failureOf } from "../../support/failure-of.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { cleanUpAfterEach, opened, tempDir } from "../../support/storage-rig.ts";

cleanUpAfterEach();

const ME = "11111111-2222-3333-4444-555555555555";

/**
 * A data directory that the program wrote before there were clusters: 31 keys, a snapshot of entry 21, a log that begins
 * behind entry 15.
 */
function oldDataDir(): string {
  const dir = tempDir();
  const archive = join(import.meta.dir, "../../fixtures/data-dir-v1.tgz");
  const { success } = Bun.spawnSync(["tar", "xzf", archive, "-C", dir]);
  if (!success) throw new Error(`can't unpack ${archive}`);
  return dir;
}

function openLog(dir: string): LogFile {
  return new LogFile(join(dir, "raft"));
}

describe("a data directory of before there were clusters", () => {
  test("is taken over with all it holds, and nobody is in its cluster", async () => {
    const dir = oldDataDir();
    for (let start = 0; start < 2; start++) {
      const storage = await opened(dir);
      expect(await storage.store.open()).toEqual({
        hardState: { term: 1, votedFor: ME },
        bounds: { firstIndex: 16, lastIndex: 32, lastTerm: 1 },
        termStarts: [{ index: 15, term: 1 }],
        configurations: [],
        isForced: false,
        clusterId: "",
      });
      const entries = await storage.store.read(16, 32, 1e9);
      expect(entries.map(({ data }) => JSON.parse(data).key)).toEqual(
        Array.from({ length: 17 }, (_, at) => `key-${at + 15}`),
      );
      expect(storage.keeper.snapshots).toMatchObject([
        { index: 21, configuration: { configuration: { servers: [] } } },
      ]);
      migrate(storage.db, STATE_SCHEMA);
      const publisher = new Publisher();
      const clock = new ManualClock();
      const machine = new Machine({ db: storage.db, publisher, clock, onFatal: expect.unreachable });
      expect([machine.appliedIndex, machine.stateIndex]).toEqual([32, 32]);
      expect(storage.db.$client.query("SELECT count(*) AS n FROM kv").get()).toEqual({ n: 31 });
      await storage.close();
    }
  });

  test("goes on as a log of this format: configurations, truncation, recovery", () => {
    const dir = oldDataDir();
    const log = openLog(dir);
    const data = JSON.stringify({ servers: [{ id: ME, address: "127.0.0.1:8300", voter: true }] });
    log.transact(() => {
      log.append([{ index: 33, term: 2, type: "configuration", data }]);
      log.setClusterId("c");
    });
    log.transact(() => log.truncate(32));
    log.transact(() => log.append([{ index: 32, term: 3, type: "configuration", data }]));
    log.close();
    const again = openLog(dir);
    expect(again.outline.bounds).toEqual({ firstIndex: 16, lastIndex: 32, lastTerm: 3 });
    expect(again.outline.configurations).toEqual([{ index: 32, configuration: JSON.parse(data) }]);
    expect(again.clusterId).toBe("c");
    again.close();
  });

  test("is verified before it is changed", () => {
    const dir = oldDataDir();
    const path = join(dir, "raft", "raft.db");
    const db = new Database(path);
    db.run("UPDATE log SET data = replace(data, 'key-20', 'key-21')");
    db.close();
    const before = readFileSync(path);
    expect(() => openLog(dir)).toThrow("checksum of entry 21");
    expect(readFileSync(path).equals(before)).toBe(true);
  });
});

describe("a log of a newer format", () => {
  /** A log whose file says that it has this format, under a checksum when `isSealed`. */
  function logOf(format: number, isSealed: boolean): string {
    const dir = tempDir();
    cpSync(join(oldDataDir(), "raft"), join(dir, "raft"), { recursive: true });
    openLog(dir).close();
    const db = new Database(join(dir, "raft", "raft.db"));
    db.run(`PRAGMA user_version = ${format}`);
    if (isSealed) db.query("UPDATE format SET version = ?, crc = ?").run(format, sealCrc("format", format));
    db.run("PRAGMA wal_checkpoint(TRUNCATE)");
    db.close();
    return dir;
  }

  test("is refused with what to do, and is not damaged", async () => {
    const dir = logOf(LOG_FORMAT + 1, true);
    const failure = await failureOf(opened(dir));
    expect(failure).not.toBeInstanceOf(DamageError);
    expect(failure.message).toBe(
      `${join(dir, "raft", "raft.db")} has format 3, this program knows up to 2: run the newer version again, ` +
        "or start with an empty data directory and restore a snapshot",
    );
    expect(() => openLog(dir)).toThrow(FormatError);
  });

  test("is told from a flipped bit, which is damage, and the store says so across its thread", async () => {
    const failure = await failureOf(opened(logOf(LOG_FORMAT + 1, false)));
    expect(failure).toBeInstanceOf(DamageError);
    expect(failure.message).toContain("format version 3 is not 2");
    expect(() => openLog(logOf(0, true))).toThrow(DamageError);
  });
});
