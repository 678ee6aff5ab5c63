import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLogStore } from "../../../src/storage/log-store.ts";
import { silentLogger } from "../../support/silent.ts";
import { entryAt } from "./entries.ts";

const canMount = Bun.spawnSync(["unshare", "-rm", "true"], { stderr: "ignore" }).success;
const CHILD = join(import.meta.dir, "failing-child.ts");

const dirs: string[] = [];
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
});

function tempDir(): string {
  const dir = mkdtempSync(join(tmpdir(), "muster-fail-"));
  dirs.push(dir);
  return dir;
}

/** Runs the child by a shell script that gets the directory as $1, bun as $2 and the child as $3. */
async function report(dir: string, wrapper: string[], script: string) {
  const command = [...wrapper, "sh", "-c", script, "sh", dir, process.execPath, CHILD];
  const child = Bun.spawn(command, { stdout: "pipe", stderr: "pipe" });
  const [out, errors] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  expect(errors).toBe("");
  return JSON.parse(out) as {
    refused?: string;
    acknowledged: number;
    failure: string;
    again: string;
    fatals: string[];
  };
}

test("log: an I/O error ends the store for good, is reported once, and what was acknowledged stays", async () => {
  const dir = tempDir();
  // A write beyond the limit fails with EFBIG, which is no lack of space: the disk misbehaves.
  const found = await report(dir, [], `trap '' XFSZ; ulimit -f 400; exec "$2" "$3" "$1"`);
  expect(found.acknowledged).toBeGreaterThan(0);
  expect(found.failure).toContain("disk I/O error");
  expect(found.again).toBe(found.failure);
  expect(found.fatals).toHaveLength(1);
  const store = openLogStore({ dir, log: silentLogger, onFatal: () => undefined });
  const { bounds } = await store.open();
  expect(bounds.lastIndex).toBeGreaterThanOrEqual(found.acknowledged);
  expect(await store.read(1, found.acknowledged, 1e9)).toEqual(
    Array.from({ length: found.acknowledged }, (_, i) => entryAt(i + 1)),
  );
  await store.close();
});

test.skipIf(!canMount)(
  "log: a read-only data directory is refused at the start, by name and with what to do",
  async () => {
    const dir = tempDir();
    const script = `mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && exec "$2" "$3" "$1"`;
    const found = await report(dir, ["unshare", "-rm"], script);
    expect(found.refused).toContain(`data directory ${dir} can't be written`);
    expect(found.refused).toContain("mount it read-write");
    expect(found.fatals).toEqual([]);
  },
);
