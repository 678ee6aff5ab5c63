import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeIdIn, renewNodeId } from "../../../src/platform/node-id.ts";

const dirs: string[] = [];
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
});

function tempDir(): string {
  const dir = mkdtempSync(join(tmpdir(), "muster-node-id-"));
  dirs.push(dir);
  return dir;
}

const idOf = (digit: number) => `${String(digit).repeat(8)}-2222-3333-4444-555555555555`;

test("a node keeps its id until it is made another one, which is kept too", () => {
  const dir = tempDir();
  expect(nodeIdIn(dir, "", () => idOf(1))).toBe(idOf(1));
  expect(nodeIdIn(dir, "", () => idOf(2))).toBe(idOf(1));
  expect(renewNodeId(dir, "", () => idOf(3).toUpperCase())).toBe(idOf(3));
  expect(nodeIdIn(dir, "", () => idOf(4))).toBe(idOf(3));
  expect(readdirSync(dir)).toEqual(["node-id"]);
});

test("an id that the configuration sets is not renewed: the operator must set another one", () => {
  const dir = tempDir();
  nodeIdIn(dir, idOf(1), () => idOf(2));
  expect(() => renewNodeId(dir, idOf(1), () => idOf(3))).toThrow("set a new node_id, or none");
  expect(nodeIdIn(dir, "", () => idOf(4))).toBe(idOf(1));
});
