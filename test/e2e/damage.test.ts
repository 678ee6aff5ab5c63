import { expect, test } from "bun:test";
import { appendFileSync, existsSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ask, read, untilLeading } from "./harness/ask.ts";
import { type Rig, withRig } from "./harness/rig.ts";

const KEYS = 40;
const keyOf = (at: number) => `key-${String(at).padStart(3, "0")}`;
const textOf = (at: number) => `value-of-${at}-`.repeat(20);
/** Header of a WAL; of each frame (SQLite, file format 4). */
const WAL_HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;

/** A server that was told keys one after the other, each a transaction of its own, and then got `signal`. */
async function told(rig: Rig, signal: NodeJS.Signals): Promise<void> {
  const agent = await rig.server();
  for (let at = 0; at < KEYS; at++) await ask(`${agent.url}/v1/kv/${keyOf(at)}`, "PUT", textOf(at));
  await agent.stop(signal);
}

/** Flips one bit of the first place that holds the value of that key, as the log writes it (base64). */
function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  const place = bytes.indexOf(btoa(textOf(at)).slice(0, 80));
  expect(place).toBeGreaterThan(0);
  bytes[place + 40] = (bytes[place + 40] ?? 0) ^ 0x04;
  writeFileSync(path, bytes);
}

async function refuses(rig: Rig, file: string): Promise<void> {
  const before = readFileSync(file);
  const agent = await rig.launch(["-server", "-bootstrap", `-data-dir=${rig.dataDir}`]);
  expect(await agent.ended()).toBe(1);
  const output = await agent.output();
  expect(output).toContain(`Error starting agent: ${file.replace("-wal", "")}`);
  expect(output).toContain("is damaged");
  expect(output).toContain("Start with an empty data directory and restore a snapshot");
  expect(readFileSync(file).equals(before)).toBe(true);
}

test("one bit flipped in the middle of raft.db: refuses to start, names the file and the way out, changes nothing", () =>
  withRig(async (rig) => {
    await told(rig, "SIGTERM");
    const file = join(rig.dataDir, "raft/raft.db");
    expect(existsSync(`${file}-wal`)).toBe(false);
    flip(file, KEYS / 2);
    await refuses(rig, file);
  }));

test("one bit flipped in the middle of its write-ahead log: the same", () =>
  withRig(async (rig) => {
    await told(rig, "SIGKILL");
    const file = join(rig.dataDir, "raft/raft.db-wal");
    flip(file, KEYS / 2);
    await refuses(rig, file);
  }));

test("a write-ahead log cut inside its last transaction, as by a power cut: starts, and all before it is there", () =>
  withRig(async (rig) => {
    await told(rig, "SIGKILL");
    const wal = join(rig.dataDir, "raft/raft.db-wal");
    truncateSync(wal, statSync(wal).size - 100);
    // In a power cut the torn transaction was not answered, hence not applied.
    for (const suffix of ["", "-wal", "-shm"]) rmSync(join(rig.dataDir, `state.db${suffix}`), { force: true });
    const agent = await rig.server();
    await untilLeading(agent.url);
    const pairs = await read<{ Key: string; Value: string }[]>(`${agent.url}/v1/kv/?recurse`);
    expect(pairs.slice(0, KEYS - 1).map(({ Key, Value }) => [Key, atob(Value)])).toEqual(
      Array.from({ length: KEYS - 1 }, (_, at) => [keyOf(at), textOf(at)]),
    );
    expect((await ask(`${agent.url}/v1/kv/more`, "PUT", "1")).text.trim()).toBe("true");
  }));

test("half a frame behind the last transaction: starts, and all that was answered is there", () =>
  withRig(async (rig) => {
    await told(rig, "SIGKILL");
    const wal = join(rig.dataDir, "raft/raft.db-wal");
    const bytes = readFileSync(wal);
    // The first frame's header has the right salts, but not the checksum of this place.
    appendFileSync(wal, bytes.subarray(WAL_HEADER_BYTES, WAL_HEADER_BYTES + FRAME_HEADER_BYTES + 500));
    const agent = await rig.server();
    await untilLeading(agent.url);
    expect((await read<string[]>(`${agent.url}/v1/kv/?keys`)).length).toBe(KEYS);
  }));
