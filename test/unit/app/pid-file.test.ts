import { expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writePidFile } from "../../../src/app/pid-file.ts";

test("the file holds the process id and goes at the end, also when it is gone already", () => {
  const dir = mkdtempSync(join(tmpdir(), "muster-pid-"));
  const path = join(dir, "muster.pid");
  const remove = writePidFile(path);
  expect(readFileSync(path, "utf8")).toBe(String(process.pid));
  remove();
  expect(existsSync(path)).toBe(false);
  remove();
  rmSync(dir, { recursive: true });
});

test("a path that can't be written stops the start with its name; no path writes nothing", () => {
  expect(() => writePidFile("/proc/none/muster.pid")).toThrow("Could not write pid file /proc/none/muster.pid");
  expect(writePidFile("")).not.toThrow();
});
