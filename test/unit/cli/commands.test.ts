import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { commands } from "../../../src/cli/commands.ts";

const DOCUMENT = readFileSync(join(import.meta.dir, "../../../docs/commands.md"), "utf8");

test("docs/commands.md names every command", () => {
  const missing = commands.filter(({ kind, path }) => kind === "command" && !DOCUMENT.includes(`\`${path}\``));
  expect(missing.map(({ path }) => path)).toEqual([]);
});

test("docs/commands.md names no command that there is not", () => {
  const [there = ""] = DOCUMENT.split("\n## How close");
  const named = [...there.matchAll(/^\| (`.*?) \|/gm)].flatMap(([, cell = ""]) => [...cell.matchAll(/`([^`]+)`/g)]);
  const paths = commands.map(({ path }) => path);
  expect(named.map(([, path = ""]) => path).filter((path) => !paths.includes(path))).toEqual([]);
  expect(named.length).toBeGreaterThan(50);
});
