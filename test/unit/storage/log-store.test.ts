import { afterEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Refusal } from "../../../src/lib/refusal.ts";
import type { Configuration } from "../../../src/raft/configuration.ts";
import type { Entry, LogStore } from "../../../src/raft/types.ts";
import { openLogStore } from "../../../src/storage/log-store.ts";
import { openMemoryLogStore } from "../../../src/storage/memory-log-store.ts";
import { failureOf } from "../../support/failure-of.ts";
import { silentLogger } from "../../support/silent.ts";

const dirs: string[] = [];
const stores: LogStore[] = [];

afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
});

function tempDir(): string {
  const dir = mkdtempSync(join(tmpdir(), "muster-log-"));
  dirs.push(dir);
  return dir;
}

function sqliteStore(dir: string, freeBytesMin?: number): LogStore {
  const store = openLogStore({
    dir,
    log: silentLogger,
    onFatal: (reason) => {
      throw new Error(reason);
    },
    ...(freeBytesMin === undefined ? {} : { freeBytesMin }),
  });
  stores.push(store);
  return store;
}

function entries(from: number, to: number, term = 1, data = (index: number) => `{"n":${index}}`): Entry[] {
  return Array.from({ length: to - from + 1 }, (_, i) => ({
    index: from + i,
    term,
    type: "command" as const,
    data: data(from + i),
  }));
}

/** The cluster of these servers, as a configuration and as the entry that says so. */
function cluster(...ids: string[]): Configuration {
  return { servers: ids.map((id) => ({ id, address: `${id}:8300`, voter: true })) };
}

function configuration(index: number, term: number, ...ids: string[]): Entry {
  return { index, term, type: "configuration", data: JSON.stringify(cluster(...ids)) };
}

const noop = (index: number, term: number): Entry => ({ index, term, type: "noop", data: "" });
const NOBODY = { index: 0, configuration: { servers: [] } };

/** `again` is what a restart finds; a log in memory has none, and is looked at once more. */
interface Kind {
  kind: string;
  make(): { store: LogStore; again(): Promise<LogStore> };
}

const kinds: Kind[] = [
  {
    kind: "memory",
    make() {
      const store = openMemoryLogStore();
      return { store, again: async () => store };
    },
  },
  {
    kind: "sqlite",
    make() {
      const dir = tempDir();
      const store = sqliteStore(dir);
      const again = async () => {
        await store.close();
        return sqliteStore(dir);
      };
      return { store, again };
    },
  },
];

for (const { kind, make } of kinds) {
  describe(`log store in ${kind}`, () => {
    test("a new log is empty, in term 0 and without a vote", async () => {
      expect(await make().store.open()).toEqual({
        hardState: { term: 0, votedFor: "" },
        bounds: { firstIndex: 1, lastIndex: 0, lastTerm: 0 },
        termStarts: [{ index: 0, term: 0 }],
        configurations: [],
        isForced: false,
        clusterId: "",
      });
    });

    test("overlapping appends keep their order and can be read as soon as they resolve", async () => {
      const { store } = make();
      await store.open();
      const settled: number[] = [];
      await Promise.all(entries(1, 500).map((entry) => store.append([entry]).then(() => settled.push(entry.index))));
      expect(settled).toEqual(entries(1, 500).map(({ index }) => index));
      expect(await store.read(1, 500, 1e9)).toEqual(entries(1, 500));
    });

    test("a read is cut at bytesMax and never empty", async () => {
      const { store } = make();
      await store.open();
      await store.append(entries(1, 5, 1, () => "x".repeat(100)));
      expect((await store.read(1, 5, 250)).map(({ index }) => index)).toEqual([1, 2]);
      expect((await store.read(4, 5, 1)).map(({ index }) => index)).toEqual([4]);
    });

    test("compaction forgets entries up to the index and keeps the rest", async () => {
      const { store } = make();
      await store.open();
      await store.append(entries(1, 3000));
      await store.compact(2500);
      await store.append(entries(3001, 3001));
      await store.compact(10);
      expect(await store.read(2501, 3001, 1e9)).toEqual(entries(2501, 3001));
    });

    test("after a reset the next entry follows the given index", async () => {
      const { store } = make();
      await store.open();
      await store.append(entries(1, 20));
      await store.reset(1000, 7, NOBODY);
      expect(await store.read(1, 2000, 1e9)).toEqual([]);
      await store.append(entries(1001, 1002, 8));
      expect(await store.read(1001, 1002, 1e9)).toEqual(entries(1001, 1002, 8));
    });

    test("text outside ASCII, with NUL and of a megabyte comes back as it was", async () => {
      const { store } = make();
      await store.open();
      const texts = ["", "ü€😀", "a\u0000b", "z".repeat(1 << 20)];
      await store.append(entries(1, 4, 1, (index) => texts[index - 1] ?? ""));
      expect((await store.read(1, 4, 1e9)).map(({ data }) => data)).toEqual(texts);
    });

    test("an append can drop the end of the log first; what stays and what comes is one log", async () => {
      const { store, again } = make();
      await store.open();
      await store.append([...entries(1, 4, 1), ...entries(5, 9, 2)]);
      // The calls overlap: the second one follows what the first one leaves.
      const replaced = store.append(entries(4, 5, 3), 4);
      await Promise.all([
        replaced,
        store.append(entries(6, 6, 3)),
        store.append([], 6),
        store.append(entries(6, 7, 4)),
      ]);
      await store.append([], 100);
      const expected = [...entries(1, 3, 1), ...entries(4, 5, 3), ...entries(6, 7, 4)];
      for (const found of [async () => store, again]) {
        const log = await found();
        expect(await log.open()).toMatchObject({
          bounds: { firstIndex: 1, lastIndex: 7, lastTerm: 4 },
          termStarts: [
            { index: 0, term: 0 },
            { index: 1, term: 1 },
            { index: 4, term: 3 },
            { index: 6, term: 4 },
          ],
        });
        expect(await log.read(1, 100, 1e9)).toEqual(expected);
      }
    });

    test("all entries can be dropped down to the log's base", async () => {
      const { store, again } = make();
      await store.open();
      await store.append(entries(1, 9, 2));
      await store.compact(4);
      await store.append(entries(5, 5, 3), 5);
      expect((await (await again()).open()).bounds).toEqual({ firstIndex: 5, lastIndex: 5, lastTerm: 3 });
    });

    test("configurations are those in the log and the newest one before it; a dropped one is none", async () => {
      const { store, again } = make();
      await store.open();
      await store.append([configuration(1, 1, "a"), noop(2, 1), configuration(3, 1, "a", "b"), noop(4, 1)]);
      await store.append([configuration(5, 2, "a", "b", "c"), configuration(6, 2, "x")]);
      await store.append([noop(6, 3)], 6);
      await store.compact(4);
      for (const found of [async () => store, again]) {
        const log = await found();
        expect(await log.open()).toMatchObject({
          bounds: { firstIndex: 5, lastIndex: 6, lastTerm: 3 },
          termStarts: [
            { index: 4, term: 1 },
            { index: 5, term: 2 },
            { index: 6, term: 3 },
          ],
          configurations: [
            { index: 3, configuration: cluster("a", "b") },
            { index: 5, configuration: cluster("a", "b", "c") },
          ],
          isForced: false,
        });
      }
    });

    test("a reset takes the configuration of the snapshot over", async () => {
      const { store, again } = make();
      await store.open();
      await store.append([configuration(1, 1, "a"), ...entries(2, 20)]);
      await store.reset(1000, 7, { index: 900, configuration: cluster("b") });
      expect(await (await again()).open()).toMatchObject({
        bounds: { firstIndex: 1001, lastIndex: 1000, lastTerm: 7 },
        termStarts: [{ index: 1000, term: 7 }],
        configurations: [{ index: 900, configuration: cluster("b") }],
      });
    });

    test("a forced configuration supersedes those of the log, also when the log loses its end; a later one follows", async () => {
      const { store, again } = make();
      await store.open();
      await store.setClusterId("old");
      await store.append([configuration(1, 1, "a"), configuration(2, 1, "a", "b"), ...entries(3, 8)]);
      await store.forceConfiguration(cluster("a"), "new");
      const forced = { configurations: [{ index: 8, configuration: cluster("a") }], isForced: true, clusterId: "new" };
      expect(await store.open()).toMatchObject(forced);
      await store.append(entries(5, 6, 2), 5);
      const cut = { ...forced, configurations: [{ index: 4, configuration: cluster("a") }] };
      const second = await again();
      expect(await second.open()).toMatchObject(cut);
      await second.append([configuration(7, 2, "a", "c")]);
      expect(await second.open()).toMatchObject({
        configurations: [...cut.configurations, { index: 7, configuration: cluster("a", "c") }],
        isForced: false,
      });
      await second.compact(7);
      expect(await second.open()).toMatchObject({
        configurations: [{ index: 7, configuration: cluster("a", "c") }],
        isForced: false,
        clusterId: "new",
      });
    });

    test("term, vote and cluster id are kept", async () => {
      const { store, again } = make();
      await store.open();
      await store.setHardState({ term: 3, votedFor: "n1" });
      await store.setClusterId("c1");
      expect(await (await again()).open()).toMatchObject({ hardState: { term: 3, votedFor: "n1" }, clusterId: "c1" });
    });
  });
}

describe("log store on disk", () => {
  test("a restart finds term, vote and entries", async () => {
    const dir = tempDir();
    const first = sqliteStore(dir);
    await first.open();
    await first.setHardState({ term: 3, votedFor: "n1" });
    await first.append(entries(1, 10, 3));
    await first.compact(4);
    await first.close();
    const second = sqliteStore(dir);
    expect(await second.open()).toMatchObject({
      hardState: { term: 3, votedFor: "n1" },
      bounds: { firstIndex: 5, lastIndex: 10, lastTerm: 3 },
    });
    expect(await second.read(5, 10, 1e9)).toEqual(entries(5, 10, 3));
  });

  test("a restart after a reset starts behind it", async () => {
    const dir = tempDir();
    const first = sqliteStore(dir);
    await first.open();
    await first.append(entries(1, 10));
    await first.reset(500, 9, NOBODY);
    await first.close();
    expect((await sqliteStore(dir).open()).bounds).toEqual({ firstIndex: 501, lastIndex: 500, lastTerm: 9 });
  });

  test("a second store on the same directory is refused with a text that says why", async () => {
    const dir = tempDir();
    await sqliteStore(dir).open();
    expect((await failureOf(sqliteStore(dir).open())).message).toContain(
      `data directory ${dir} is in use by another running agent`,
    );
  });

  describe("while space is short", () => {
    test("commands are refused with 500 and the log stays as it was; term and vote are written", async () => {
      const dir = tempDir();
      const store = sqliteStore(dir, Number.MAX_SAFE_INTEGER);
      await store.open();
      const refused = store.append(entries(1, 1)).catch((error: unknown) => error);
      const behind = store.append(entries(2, 2)).catch((error: unknown) => error);
      for (const error of [await refused, await behind]) {
        expect(error).toBeInstanceOf(Refusal);
        expect(String(error)).toContain(`no space left on the data directory's disk (${dir})`);
      }
      expect(await store.read(1, 2, 1e9)).toEqual([]);
      await store.setHardState({ term: 1, votedFor: "n1" });
    });

    test("what elections and membership need goes on, a restore does not", async () => {
      const store = sqliteStore(tempDir(), Number.MAX_SAFE_INTEGER);
      await store.open();
      await store.append([noop(1, 1), configuration(2, 1, "a")]);
      const restore: Entry = { index: 3, term: 1, type: "restore", data: "{}" };
      expect(await failureOf(store.append([restore]))).toBeInstanceOf(Refusal);
      await store.append([noop(3, 2)]);
      await store.append([noop(2, 3)], 2);
      expect(await store.read(1, 9, 1e9)).toEqual([noop(1, 1), noop(2, 3)]);
    });

    test("what was called before a refused one is kept, what was called after it is refused too, whatever it is", async () => {
      const store = sqliteStore(tempDir(), Number.MAX_SAFE_INTEGER);
      await store.open();
      const calls = [store.append([noop(1, 1)]), store.append(entries(2, 2)), store.append([noop(3, 1)])];
      const later = new Promise<void>((resolve, reject) => {
        setImmediate(() => store.append([noop(4, 1)]).then(resolve, reject));
      });
      const settled = await Promise.allSettled([...calls, later]);
      expect(settled.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected", "rejected"]);
      await store.append([noop(2, 1)]);
      expect(await store.read(1, 9, 1e9)).toEqual([noop(1, 1), noop(2, 1)]);
    });
  });
});
