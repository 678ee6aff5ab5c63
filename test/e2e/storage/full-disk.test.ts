import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A mount of its own needs user namespaces, which some containers forbid. */
const canMount = Bun.spawnSync(["unshare", "-rm", "true"], { stderr: "ignore" }).success;

/** Runs a shell script in a mount namespace of its own; $1 is an empty directory, $2 bun, $3 the child. */
async function said(script: string, child: string): Promise<unknown[]> {
  const dir = mkdtempSync(join(tmpdir(), "muster-full-"));
  try {
    const words = ["unshare", "-rm", "sh", "-c", script, "sh", dir, process.execPath, join(import.meta.dir, child)];
    const run = Bun.spawn(words, { stdout: "pipe", stderr: "pipe" });
    const [out, errors] = await Promise.all([new Response(run.stdout).text(), new Response(run.stderr).text()]);
    // The shell says that the first phase was killed.
    expect(errors.replace(/^.*Killed.*\n?/m, "")).toBe("");
    return out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

interface Filled {
  message: string;
  status: number;
  firstFull: number;
  secondFull: number;
  term: number;
  last: number;
  freeBytes: number;
}

test.skipIf(!canMount)(
  "log: on a full disk commands are refused with 500, what was acknowledged stays, and elections go on without end",
  async () => {
    const script = `mount -t tmpfs -o size=12m tmpfs "$1" && head -c 3000000 /dev/zero > "$1/ballast" || exit 1
      "$2" "$3" fill "$1" "$1/ballast" "$1/rest"
      exec "$2" "$3" verify "$1" "$1/ballast" "$1/rest"`;
    const [filled, verified] = (await said(script, "full-disk-child.ts")) as [Filled, object];
    expect(filled.message).toContain("no space left on the data directory's disk (");
    expect(filled.status).toBe(500);
    expect(filled.firstFull).toBeGreaterThan(0);
    expect(filled.secondFull).toBeGreaterThan(filled.firstFull);
    expect(filled.freeBytes).toBe(0);
    expect(verified).toEqual({ term: filled.term, last: filled.last, commands: filled.secondFull });
  },
  { timeout: 60_000 },
);

test.skipIf(!canMount)(
  "log and state: while others take all of the disk, elections end nothing, a killed server starts, and with room it writes",
  async () => {
    const script = `mount -t tmpfs -o size=40m tmpfs "$1" || exit 1
      "$2" "$3" fill "$1" "$1/rest"
      exec "$2" "$3" go-on "$1" "$1/rest"`;
    const [filled, started] = (await said(script, "full-state-child.ts")) as [
      { refusal: string; keys: number; term: number; applied: number },
      object,
    ];
    expect(filled.refusal).toContain("no space left");
    expect(filled.keys).toBeGreaterThan(0);
    expect(started).toEqual({
      keys: filled.keys,
      term: filled.term + 1,
      applied: filled.applied + 1,
      after: filled.keys + 1,
    });
  },
  { timeout: 60_000 },
);
