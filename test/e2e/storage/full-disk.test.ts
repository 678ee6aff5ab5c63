import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A mount of its own needs user namespaces, which some containers forbid. */
const canMount = Bun.spawnSync(["unshare", "-rm", "true"], { stderr: "ignore" }).success;

test.skipIf(!canMount)(
  "log: on a full disk appends are refused with 500, what was acknowledged stays, and with room writes go on",
  async () => {
    const dir = mkdtempSync(join(tmpdir(), "muster-full-"));
    try {
      const script =
        'mount -t tmpfs -o size=3m tmpfs "$1" && head -c 1500000 /dev/zero > "$1/ballast" && exec "$2" "$3" "$1" "$1/ballast"';
      const child = Bun.spawn(
        [
          "unshare",
          "-rm",
          "sh",
          "-c",
          script,
          "sh",
          dir,
          process.execPath,
          join(import.meta.dir, "full-disk-child.ts"),
        ],
        { stdout: "pipe", stderr: "pipe" },
      );
      const [out, errors] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
      expect(errors).toBe("");
      const report = JSON.parse(out) as { message: string; status: number } & Record<
        "firstFull" | "secondFull" | "found",
        number
      >;
      expect(report.message).toContain(`no space left on the data directory's disk (${dir}/data)`);
      expect(report.status).toBe(500);
      expect(report.firstFull).toBeGreaterThan(0);
      expect(report.secondFull).toBeGreaterThan(report.firstFull);
      expect(report.found).toBe(report.secondFull);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  },
  { timeout: 60_000 },
);
