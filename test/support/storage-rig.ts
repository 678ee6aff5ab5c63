import { afterEach } from "bun:test";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { timingOf } from "../../src/raft/core/types.ts";
import { type RaftNode, startRaftNode } from "../../src/raft/node.ts";
import type { SnapshotPolicy } from "../../src/raft/upkeep.ts";
import { planRestore } from "../../src/state/restore/plan.ts";
import { openMemoryStorage, openStorage, type Storage } from "../../src/storage/open.ts";
import { realClock } from "./real-clock.ts";
import { silentLogger, silentMeter } from "./silent.ts";
import { ToyMachine } from "./toy-machine.ts";

/** A server of its own cluster: a real log and real files under a toy state. */
export interface StorageServer {
  storage: Storage;
  machine: ToyMachine;
  node: RaftNode;
  stop(): Promise<void>;
}

const ALONE = { servers: [{ id: "n1", address: "127.0.0.1:8300", voter: true }] };

const cleanups: (() => Promise<void> | void)[] = [];

/** Stops what a test started, and removes its directories. */
export function cleanUpAfterEach(): void {
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });
}

export function tempDir(): string {
  const dir = mkdtempSync(join(tmpdir(), "muster-storage-"));
  cleanups.push(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

export function onFatal(reason: string): never {
  throw new Error(reason);
}

export async function opened(dir: string): Promise<Storage> {
  const storage = await openStorage({ dir, log: silentLogger, onFatal });
  let isClosed = false;
  const close = async () => {
    if (isClosed) return;
    isClosed = true;
    await storage.close();
  };
  cleanups.push(close);
  return { ...storage, close };
}

export async function startServer(from: string | "memory", snapshotPolicy?: SnapshotPolicy): Promise<StorageServer> {
  const storage = from === "memory" ? openMemoryStorage() : await opened(from);
  const machine = new ToyMachine(storage.db);
  const node = await startRaftNode({
    ...storage,
    opened: await storage.store.open(),
    machine,
    log: silentLogger,
    meter: silentMeter,
    clock: realClock,
    random: Math.random,
    nodeId: "n1",
    transport: { send: () => undefined },
    timing: timingOf(750),
    planRestore: (archive) => planRestore(archive, crypto.randomUUID()),
    onRole: () => undefined,
    onConfiguration: () => undefined,
    onReloaded: () => undefined,
    onFatal,
    ...(snapshotPolicy === undefined ? {} : { snapshotPolicy }),
  });
  if (node.configuration().configuration.servers.length === 0) await node.bootstrap(ALONE);
  let stopped = false;
  const stop = async () => {
    if (stopped) return;
    stopped = true;
    await node.stop();
    await storage.close();
  };
  cleanups.push(stop);
  return { storage, machine, node, stop };
}

/** The texts of commands, as `StorageServer.machine.rows` shows them. */
export function commands(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, i) => `c${from + i}`);
}

export async function write(server: StorageServer, from: number, to: number): Promise<void> {
  await Promise.all(commands(from, to).map((data) => server.node.propose(data)));
}

/** What a killed process would leave: a copy of the directory while it runs. */
export function killedCopy(dir: string): string {
  const copy = tempDir();
  cpSync(dir, copy, { recursive: true });
  return copy;
}

export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate);
}
