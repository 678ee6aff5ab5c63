import { afterEach, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { recoverByFile } from "../../../src/app/lost-quorum.ts";
import { openMemoryStorage } from "../../../src/storage/open.ts";
import { failureOf } from "../../support/failure-of.ts";
import { silentLogger } from "../../support/silent.ts";

const A = "adf4238a-882b-9ddc-4a9d-5b6758e4159e";
const B = "8b6dda82-3103-11e7-93ae-92361f002671";
const dirs: string[] = [];
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true });
});

async function rig(entries = 1) {
  const dataDir = mkdtempSync(join(tmpdir(), "peers-"));
  dirs.push(dataDir);
  mkdirSync(join(dataDir, "raft"));
  const { store } = openMemoryStorage();
  await store.open();
  await store.setClusterId("old");
  if (entries > 0) await store.append([{ index: 1, term: 1, type: "noop", data: "" }]);
  const file = join(dataDir, "raft", "peers.json");
  const write = (...ids: string[]) =>
    writeFileSync(file, JSON.stringify(ids.map((id) => ({ id, address: `10.0.0.${id[0]}:8300` }))));
  const run = async () => recoverByFile({ dataDir, nodeId: A, store, opened: await store.open(), log: silentLogger });
  return { store, file, write, run };
}

test("without the file nothing happens", async () => {
  const { run } = await rig();
  expect((await run()).clusterId).toBe("old");
});

test("the servers that it names are the cluster, under a new id, and the file is used once", async () => {
  const { run, write, file } = await rig();
  write(A, B);
  const { clusterId, configurations, isForced } = await run();
  expect([isForced, clusterId === "old", existsSync(file)]).toEqual([true, false, false]);
  expect(configurations.at(-1)?.configuration.servers.map(({ id }) => id)).toEqual([A, B]);
});

test("a crash before the file was put away gives no second id", async () => {
  const { run, write, file } = await rig();
  write(A, B);
  const { clusterId } = await run();
  write(B, A);
  expect([(await run()).clusterId, existsSync(file)]).toEqual([clusterId, false]);
});

test("a server without data recovers nothing", async () => {
  const { run, write } = await rig(0);
  write(A);
  expect((await failureOf(run())).message).toContain("nothing to recover");
});
