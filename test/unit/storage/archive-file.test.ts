import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { newArchive, newArchivePath } from "../../../src/storage/archive-file.ts";
import { openStorage } from "../../../src/storage/open.ts";
import { TEMP_PREFIX } from "../../../src/storage/temp-dir.ts";
import { failureOf } from "../../support/failure-of.ts";
import { silentLogger } from "../../support/silent.ts";
import { cleanUpAfterEach, onFatal, tempDir } from "../../support/storage-rig.ts";

cleanUpAfterEach();

describe("an archive on the disk", () => {
  test("is what was written to its draft, for its owner only, and is read from anywhere", async () => {
    const dir = tempDir();
    const draft = await newArchive(dir);
    for (const part of ["ab", "", "cdef"]) await draft.write(Buffer.from(part));
    const archive = await draft.finish();
    expect(archive.bytes).toBe(6);
    expect(statSync(archive.path).mode & 0o777).toBe(0o600);
    const read = async (offset: number, bytes: number) => Buffer.from(await archive.read(offset, bytes)).toString();
    expect([await read(0, 100), await read(1, 3), await read(4, 9), await read(6, 1), await read(9, 1)]).toEqual([
      "abcdef",
      "bcd",
      "ef",
      "",
      "",
    ]);
    // Too late: it is an archive.
    await draft.discard();
    expect(existsSync(archive.path)).toBe(true);
    await archive.remove();
    await archive.remove();
    expect(readdirSync(dir)).toEqual([]);
  });

  test("is not begun by a draft that is given up", async () => {
    const dir = tempDir();
    const draft = await newArchive(dir);
    await draft.write(Buffer.from("ab"));
    await draft.discard();
    expect(readdirSync(dir)).toEqual([]);
  });

  test("is refused when there is no room for it", async () => {
    const dir = tempDir();
    const draft = await newArchive(dir);
    // No disk has so much left.
    const part = { length: Number.MAX_SAFE_INTEGER } as Uint8Array;
    expect((await failureOf(draft.write(part))).message).toContain("no space left on the data directory's disk");
    await draft.discard();
  });

  test("that a crash left behind is gone after the next start", async () => {
    const dir = tempDir();
    const path = newArchivePath(dir);
    writeFileSync(path, "x");
    const storage = await openStorage({ dir, log: silentLogger, onFatal });
    expect(readdirSync(dir).filter((name) => name.startsWith(TEMP_PREFIX))).toEqual([]);
    await storage.close();
  });
});
