import { afterEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Refusal } from "../../../src/lib/refusal.ts";
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

const kinds = [
  { kind: "memory", make: () => openMemoryLogStore() },
  { kind: "sqlite", make: () => sqliteStore(tempDir()) },
];

for (const { kind, make } of kinds) {
  describe(`log store in ${kind}`, () => {
    test("a new log is empty, in term 0 and without a vote", async () => {
      expect(await make().open()).toEqual({
        hardState: { term: 0, votedFor: "" },
        bounds: { firstIndex: 1, lastIndex: 0, lastTerm: 0 },
      });
    });

    test("overlapping appends keep their order and can be read as soon as they resolve", async () => {
      const store = make();
      await store.open();
      const settled: number[] = [];
      await Promise.all(entries(1, 500).map((entry) => store.append([entry]).then(() => settled.push(entry.index))));
      expect(settled).toEqual(entries(1, 500).map(({ index }) => index));
      expect(await store.read(1, 500, 1e9)).toEqual(entries(1, 500));
    });

    test("a read is cut at bytesMax and never empty", async () => {
      const store = make();
      await store.open();
      await store.append(entries(1, 5, 1, () => "x".repeat(100)));
      expect((await store.read(1, 5, 250)).map(({ index }) => index)).toEqual([1, 2]);
      expect((await store.read(4, 5, 1)).map(({ index }) => index)).toEqual([4]);
    });

    test("compaction forgets entries up to the index and keeps the rest", async () => {
      const store = make();
      await store.open();
      await store.append(entries(1, 3000));
      await store.compact(2500);
      await store.append(entries(3001, 3001));
      await store.compact(10);
      expect(await store.read(2501, 3001, 1e9)).toEqual(entries(2501, 3001));
    });

    test("after a reset the next entry follows the given index", async () => {
      const store = make();
      await store.open();
      await store.append(entries(1, 20));
      await store.reset(1000, 7);
      expect(await store.read(1, 2000, 1e9)).toEqual([]);
      await store.append(entries(1001, 1002, 8));
      expect(await store.read(1001, 1002, 1e9)).toEqual(entries(1001, 1002, 8));
    });

    test("text outside ASCII, with NUL and of a megabyte comes back as it was", async () => {
      const store = make();
      await store.open();
      const texts = ["", "ü€😀", "a\u0000b", "z".repeat(1 << 20)];
      await store.append(entries(1, 4, 1, (index) => texts[index - 1] ?? ""));
      expect((await store.read(1, 4, 1e9)).map(({ data }) => data)).toEqual(texts);
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
    expect(await second.open()).toEqual({
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
    await first.reset(500, 9);
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

  test("while space is short, appends are refused with 500 and the log stays as it was", async () => {
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
});
