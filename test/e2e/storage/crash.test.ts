import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** More of them for a longer look. */
const ROUNDS = Number(process.env.MUSTER_CRASH_ROUNDS ?? 15);
const KILLED_AFTER_LINES_MAX = 1500;

/** Runs the child until it has acknowledged about `lines` entries, kills it, and returns what it said. */
async function killedAfter(dir: string, lines: number): Promise<{ start: string; acknowledged: number }> {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "crash-child.ts"), dir], {
    stdout: "pipe",
    stderr: "pipe",
  });
  const decoder = new TextDecoder();
  let text = "";
  let seen = 0;
  for await (const chunk of child.stdout) {
    const part = decoder.decode(chunk, { stream: true });
    text += part;
    seen += part.split("\n").length - 1;
    if (seen > lines) child.kill("SIGKILL");
  }
  const errors = await new Response(child.stderr).text();
  expect(errors).toBe("");
  const [start = "", ...rest] = text.split("\n").slice(0, -1);
  return { start, acknowledged: Math.max(0, ...rest.map(Number)) };
}

test(
  "log: every acknowledged entry survives kill -9, whenever it comes, and none is changed",
  async () => {
    const dir = mkdtempSync(join(tmpdir(), "muster-crash-"));
    try {
      let acknowledged = 0;
      for (let round = 0; round < ROUNDS; round++) {
        const run = await killedAfter(dir, Math.floor(Math.random() ** 2 * KILLED_AFTER_LINES_MAX));
        const [, first = 0, last = 0] = /^start (\d+) (\d+)$/.exec(run.start)?.map(Number) ?? [];
        expect(last).toBeGreaterThanOrEqual(acknowledged);
        expect(first).toBeLessThanOrEqual(Math.max(last, 1));
        acknowledged = Math.max(acknowledged, run.acknowledged, last);
      }
      expect(acknowledged).toBeGreaterThan(ROUNDS);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  },
  { timeout: 120_000 },
);
