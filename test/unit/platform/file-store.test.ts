import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DiskFileStore, MemoryFileStore } from "../../../src/platform/file-store.ts";

const directory = mkdtempSync(join(tmpdir(), "files-"));
afterAll(() => rmSync(directory, { recursive: true }));

for (const [kind, files] of [
  ["disk", new DiskFileStore(directory)],
  ["memory", new MemoryFileStore()],
] as const) {
  test(`${kind}: holds what was written, lists one folder and forgets what was removed`, async () => {
    expect(await files.list("services")).toEqual([]);
    await files.write("services/b", "1", true);
    await files.write("services/a", "2", false);
    await files.write("services/state/c", "3", true);
    expect(await files.list("services")).toEqual(["a", "b"]);
    expect(await files.read("services/a")).toBe("2");
    await files.remove("services/a");
    await files.remove("services/missing");
    expect(await files.list("services")).toEqual(["b"]);
    await expect(files.read("services/a")).rejects.toThrow();
  });

  test(`${kind}: writes and removals of one file happen in the order of the calls`, async () => {
    const calls = [files.write("x/f", "1", true), files.remove("x/f"), files.write("x/f", "2", false)];
    for (let i = 3; i <= 20; i++) calls.push(files.write("x/f", String(i), i % 2 === 0));
    await Promise.all(calls);
    expect(await files.read("x/f")).toBe("20");
  });
}

test("disk: files are for their owner alone, and what a crash left half-written is not listed", async () => {
  const files = new DiskFileStore(directory);
  await files.write("secret/f", "x", true);
  expect(statSync(join(directory, "secret/f")).mode & 0o777).toBe(0o600);
  writeFileSync(join(directory, "secret/g.tmp"), "half");
  expect(await files.list("secret")).toEqual(["f"]);
});

test("disk: a flood of writes to one file costs two, and every call learns that it is done", async () => {
  const files = new DiskFileStore(join(directory, "flood"));
  const calls = Array.from({ length: 1_000 }, (_, at) => files.write("x/f", String(at), false));
  expect(new Set(calls).size).toBe(2);
  await Promise.all(calls);
  expect(await files.read("x/f")).toBe("999");
});

test("disk: a failed write is told to its caller, and the next one is tried", async () => {
  writeFileSync(join(directory, "blocked"), "a file where a folder should be");
  const files = new DiskFileStore(directory);
  const calls = await Promise.allSettled([files.write("blocked/f", "1", true), files.write("blocked/f", "2", true)]);
  expect(calls.map((call) => call.status)).toEqual(["rejected", "rejected"]);
  rmSync(join(directory, "blocked"));
  await files.write("blocked/f", "3", true);
  expect(await files.read("blocked/f")).toBe("3");
});
