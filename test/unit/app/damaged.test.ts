import { afterEach, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onlyJoins, openOrSetAside, settleNodeId } from "../../../src/app/damaged.ts";
import { nodeIdIn } from "../../../src/platform/node-id.ts";
import { DamageError } from "../../../src/storage/failure.ts";
import { failureOf } from "../../support/failure-of.ts";
import { silentLogger } from "../../support/silent.ts";
import { configOf } from "../config/fixture.ts";

const dirs: string[] = [];
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true });
});

function rig(text: string) {
  const dataDir = mkdtempSync(join(tmpdir(), "damaged-"));
  dirs.push(dataDir);
  let uuids = 0;
  const uuid = () => `00000000-0000-4000-8000-${String(++uuids).padStart(12, "0")}`;
  const config = { ...configOf(`server = true bind_addr = "10.0.0.1" ${text}`), dataDir };
  return { dataDir, deps: { config, uuid, nowMs: () => 5, log: silentLogger } };
}

/** Damaged the first time it is opened. */
function damaged(dataDir: string): () => Promise<string> {
  mkdirSync(join(dataDir, "raft"));
  writeFileSync(join(dataDir, "raft", "raft.db"), "x");
  return async () => {
    if (existsSync(join(dataDir, "raft"))) throw new DamageError("raft.db", "a bit is off");
    return "open";
  };
}

test.each(['retry_join = ["10.0.0.2"]', "bootstrap_expect = 3", 'start_join = ["10.0.0.1", "other"]'])(
  "a damaged server with peers (%s) comes back empty, as another node that only joins",
  async (text) => {
    const { dataDir, deps } = rig(text);
    const before = nodeIdIn(dataDir, "", deps.uuid);
    expect(await openOrSetAside(damaged(dataDir), deps)).toBe("open");
    expect(nodeIdIn(dataDir, "", deps.uuid)).not.toBe(before);
    expect(readFileSync(join(dataDir, "damaged-5", "raft", "raft.db"), "utf8")).toBe("x");
    expect(onlyJoins(deps.config, { clusterId: "" })).toBe(true);
    // Once it belongs to a cluster, the note has done its work.
    expect(onlyJoins(deps.config, { clusterId: "x" })).toBe(false);
    expect(onlyJoins(deps.config, { clusterId: "" })).toBe(false);
  },
);

test.each(["bootstrap = true", 'bootstrap = true retry_join = ["10.0.0.1:8300"]'])(
  "a damaged server that is alone (%s) does not start, and nothing is touched",
  async (text) => {
    const { dataDir, deps } = rig(text);
    expect((await failureOf(openOrSetAside(damaged(dataDir), deps))).name).toBe("DamageError");
    expect(existsSync(join(dataDir, "raft", "raft.db"))).toBe(true);
  },
);

test("a damaged server whose id is in its configuration does not start: it can't come back as another one", async () => {
  const id = "11111111-1111-4111-8111-111111111111";
  const { dataDir, deps } = rig(`bootstrap_expect = 3 node_id = "${id}"`);
  expect((await failureOf(openOrSetAside(damaged(dataDir), deps))).message).toContain("set a new node_id");
  expect(existsSync(join(dataDir, "raft", "raft.db"))).toBe(true);
});

test("another failure is no damage", async () => {
  const { deps } = rig("bootstrap_expect = 3");
  const open = () => Promise.reject(new Error("in use"));
  expect((await failureOf(openOrSetAside(open, deps))).message).toBe("in use");
});

test("a node that has an id and no log any more gets another id", () => {
  const { dataDir, deps } = rig("bootstrap_expect = 3");
  const before = nodeIdIn(dataDir, "", deps.uuid);
  settleNodeId(deps);
  const after = nodeIdIn(dataDir, "", deps.uuid);
  expect(after).not.toBe(before);
  mkdirSync(join(dataDir, "raft"));
  writeFileSync(join(dataDir, "raft", "raft.db"), "");
  settleNodeId(deps);
  expect(nodeIdIn(dataDir, "", deps.uuid)).toBe(after);
});
