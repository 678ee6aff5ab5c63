import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A mount of its own needs user namespaces, which some containers forbid. */
const canMount = Bun.spawnSync(["unshare", "-rm", "true"], { stderr: "ignore" }).success;

/** $1 is the directory, $2 bun, $3 the child. */
const SCRIPT = `mount -t tmpfs -o size=12m tmpfs "$1" && head -c 3000000 /dev/zero > "$1/ballast" || exit 1
"$2" "$3" fill "$1" "$1/ballast" "$1/rest"
exec "$2" "$3" verify "$1" "$1/ballast" "$1/rest"`;

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
    const dir = mkdtempSync(join(tmpdir(), "muster-full-"));
    try {
      const child = Bun.spawn(
        [
          "unshare",
          "-rm",
          "sh",
          "-c",
          SCRIPT,
          "sh",
          dir,
          process.execPath,
          join(import.meta.dir, "full-disk-child.ts"),
        ],
        { stdout: "pipe", stderr: "pipe" },
      );
      const [out, errors] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
      // The shell says that the first phase was killed.
      expect(errors.replace(/^.*Killed.*\n?/m, "")).toBe("");
      const [filled, verified] = out
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line)) as [Filled, { term: number; last: number; commands: number }];
      expect(filled.message).toContain(`no space left on the data directory's disk (${dir}/data)`);
      expect(filled.status).toBe(500);
      expect(filled.firstFull).toBeGreaterThan(0);
      expect(filled.secondFull).toBeGreaterThan(filled.firstFull);
      expect(filled.freeBytes).toBe(0);
      expect(verified).toEqual({ term: filled.term, last: filled.last, commands: filled.secondFull });
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  },
  { timeout: 60_000 },
);
