import { afterAll, describe, expect, test } from "bun:test";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Entry } from "../../../src/raft/types.ts";
import { DamageError } from "../../../src/storage/failure.ts";
import { LogFile, PAGE_BYTES } from "../../../src/storage/log-file.ts";
import { scanWal } from "../../../src/storage/wal-scan.ts";

const root = mkdtempSync(join(tmpdir(), "muster-damage-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let made = 0;
function freshDir(): string {
  return mkdtempSync(join(root, `${made++}-`));
}

/** The files of a process that was killed after `count` transactions; the first `checkpointed` are in the database. */
function killedLog(count: number, checkpointed = 0): { dir: string; entries: Entry[] } {
  const dir = freshDir();
  const entries = Array.from({ length: count }, (_, i) => ({
    index: i + 1,
    term: 1,
    type: "command" as const,
    data: JSON.stringify({ n: i, value: "v".repeat((i * 37) % 300) }),
  }));
  const file = new LogFile(dir);
  file.transact(() => file.setHardState({ term: 4, votedFor: "me" }));
  for (const entry of entries) {
    file.transact(() => file.append([entry]));
    if (entry.index === checkpointed) file.checkpoint();
  }
  const copy = copyOf(dir);
  file.close();
  return { dir: copy, entries };
}

function copyOf(dir: string): string {
  const copy = freshDir();
  for (const name of ["raft.db", "raft.db-wal"]) {
    if (existsSync(join(dir, name))) copyFileSync(join(dir, name), join(copy, name));
  }
  return copy;
}

/** What a start finds: all of it, or why it refuses. */
function reopen(dir: string): { entries: Entry[]; term: number; warnings: readonly string[] } | DamageError {
  try {
    const file = new LogFile(dir);
    const { firstIndex, lastIndex } = file.outline.bounds;
    const entries = file.read(firstIndex, lastIndex, 1e9);
    const found = { entries, term: file.hardState.term, warnings: file.warnings };
    file.close();
    return found;
  } catch (error) {
    if (error instanceof DamageError) return error;
    throw error;
  }
}

function flipBit(path: string, byte: number, bit: number): void {
  const bytes = readFileSync(path);
  bytes[byte] = (bytes[byte] ?? 0) ^ (1 << bit);
  writeFileSync(path, bytes);
}

function scan(bytes: Uint8Array) {
  const read = (offset: number, length: number) => new DataView(bytes.buffer, bytes.byteOffset + offset, length);
  return scanWal({ size: bytes.length, read }, PAGE_BYTES);
}

describe("write-ahead log", () => {
  test("an undamaged one is sound, also when older frames lie behind its end", () => {
    const { dir, entries } = killedLog(40, 30);
    expect(scan(readFileSync(join(dir, "raft.db-wal")))).toEqual({ kind: "sound", commits: 10 });
    expect(reopen(dir)).toEqual({ entries, term: 4, warnings: [] });
  });

  test("a flipped bit in any frame of this generation is damage, in the last one too; elsewhere it is harmless", () => {
    for (const checkpointed of [0, 15]) {
      const { dir } = killedLog(20, checkpointed);
      const bytes = readFileSync(join(dir, "raft.db-wal"));
      const sound = scan(bytes);
      if (sound.kind !== "sound") throw new Error("not sound");
      const salts = bytes.toString("hex", 16, 24);
      for (let at = 0; at < bytes.length; at += 3) {
        const frameAt = 32 + Math.floor(Math.max(at - 32, 0) / (24 + PAGE_BYTES)) * (24 + PAGE_BYTES);
        const isLive = at < 32 || bytes.toString("hex", frameAt + 8, frameAt + 16) === salts;
        const damaged = Buffer.from(bytes);
        damaged[at] = (damaged[at] ?? 0) ^ (1 << (at % 8));
        const found = scan(damaged);
        if (isLive) expect(`${at} ${found.kind}`).toBe(`${at} damaged`);
        else expect({ at, ...found }).toEqual({ at, ...sound });
      }
    }
  });

  test("cut anywhere, it keeps every transaction before the cut", () => {
    const { dir, entries } = killedLog(12);
    const size = readFileSync(join(dir, "raft.db-wal")).length;
    let kept = 0;
    for (let cut = 0; cut <= size; cut += 311) {
      const copy = copyOf(dir);
      truncateSync(join(copy, "raft.db-wal"), cut);
      const found = reopen(copy);
      if (found instanceof DamageError) {
        // Before the first transaction was whole there was no log at all.
        expect(kept).toBe(0);
        continue;
      }
      expect(found.entries.length).toBeGreaterThanOrEqual(kept);
      kept = found.entries.length;
      expect(found.entries).toEqual(entries.slice(0, kept));
    }
    expect(kept).toBeGreaterThan(10);
  });

  test("a last transaction whose pages reached the disk in another order is a torn tail and is dropped with a warning", () => {
    const dir = freshDir();
    const file = new LogFile(dir);
    const big = { index: 2, term: 1, type: "command" as const, data: "x".repeat(20 * PAGE_BYTES) };
    file.transact(() => file.append([{ index: 1, term: 1, type: "command", data: "kept" }]));
    const before = readFileSync(join(dir, "raft.db-wal")).length;
    file.transact(() => file.append([big]));
    const copy = copyOf(dir);
    file.close();
    const bytes = readFileSync(join(copy, "raft.db-wal"));
    bytes.fill(0, before + 2 * (PAGE_BYTES + 24), before + 5 * (PAGE_BYTES + 24));
    writeFileSync(join(copy, "raft.db-wal"), bytes);
    const found = reopen(copy);
    if (found instanceof DamageError) throw found;
    expect(found.entries.map(({ data }) => data)).toEqual(["kept"]);
    expect(found.warnings[0]).toContain("unfinished write");
  });

  test("a lost sector with committed transactions after it is damage, and nothing is changed", () => {
    const { dir } = killedLog(30);
    const path = join(dir, "raft.db-wal");
    const bytes = readFileSync(path);
    bytes.fill(0, 8192, 8192 + 4096);
    writeFileSync(path, bytes);
    const found = reopen(dir);
    expect(String(found)).toMatch(
      /raft\.db-wal is damaged: a broken frame with committed transactions after it at offset \d+/,
    );
    expect(readFileSync(path).equals(bytes)).toBe(true);
  });

  test("an empty database beside a full write-ahead log is damage (SQLite would delete the log)", () => {
    const { dir } = killedLog(5);
    truncateSync(join(dir, "raft.db"), 0);
    expect(String(reopen(dir))).toContain("it is empty, but its write-ahead log is not");
  });
});

describe("raft.db", () => {
  test("a flipped bit anywhere is harmless or refused, it never loses or changes an entry", () => {
    const { dir, entries } = killedLog(60, 60);
    rmSync(join(dir, "raft.db-wal"));
    const path = join(dir, "raft.db");
    const size = readFileSync(path).length;
    let refused = 0;
    let checked = 0;
    for (let at = 0; at < size; at += at < 120 ? 1 : 23) {
      const copy = copyOf(dir);
      flipBit(join(copy, "raft.db"), at, at % 8);
      const found = reopen(copy);
      rmSync(copy, { recursive: true });
      checked++;
      if (found instanceof DamageError) refused++;
      else expect({ at, ...found }).toEqual({ at, entries, term: 4, warnings: [] });
    }
    expect(refused).toBeGreaterThan(checked / 2);
  });

  test("a file of another program is refused by name", () => {
    const dir = freshDir();
    writeFileSync(join(dir, "raft.db"), Buffer.alloc(16384, 7));
    expect(String(reopen(dir))).toContain(`${join(dir, "raft.db")} is damaged: it is not a log of this program`);
  });
});
