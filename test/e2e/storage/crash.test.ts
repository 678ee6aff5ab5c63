import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** More of them for a longer look. */
const ROUNDS = Number(process.env.MUSTER_CRASH_ROUNDS ?? 15);
const KILLED_AFTER_LINES_MAX = 1500;

/** Runs the child until it has said about so many lines, kills it, and returns those that are whole. */
async function killedAfter(dir: string, file: string, lines: number): Promise<string[]> {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, file), dir], {
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
  return text.split("\n").slice(0, -1);
}

test(
  "log: every acknowledged entry survives kill -9, whenever it comes, and none is changed",
  async () => {
    const dir = mkdtempSync(join(tmpdir(), "muster-crash-"));
    try {
      let acknowledged = 0;
      for (let round = 0; round < ROUNDS; round++) {
        const lines = Math.floor(Math.random() ** 2 * KILLED_AFTER_LINES_MAX);
        const [start = "", ...said] = await killedAfter(dir, "crash-child.ts", lines);
        const [, first = 0, last = 0] = /^start (\d+) (\d+)$/.exec(start)?.map(Number) ?? [];
        expect(last).toBeGreaterThanOrEqual(acknowledged);
        expect(first).toBeLessThanOrEqual(Math.max(last, 1));
        acknowledged = Math.max(acknowledged, last, ...said.map(Number));
      }
      expect(acknowledged).toBeGreaterThan(ROUNDS);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  },
  { timeout: 120_000 },
);

test(
  "log: a follower killed while it drops, appends, cuts and resets its log finds it as before the step or after it",
  async () => {
    const dir = mkdtempSync(join(tmpdir(), "muster-crash-"));
    try {
      let possible: string[] = ['{"term":0,"last":0,"lastTerm":0,"configuration":0}'];
      let steps = 0;
      for (let round = 0; round < ROUNDS; round++) {
        const lines = 1 + Math.floor(Math.random() ** 2 * 200);
        const said = await killedAfter(dir, "crash-follower-child.ts", lines);
        for (const line of said) {
          const [, word = "", look = ""] = /^(\w+) (.*)$/.exec(line) ?? [];
          if (word === "will") {
            possible.push(look);
            continue;
          }
          expect(possible).toContain(look);
          possible = [look];
          steps++;
        }
      }
      expect(steps).toBeGreaterThan(ROUNDS);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  },
  { timeout: 120_000 },
);
