import { type AddressInfo, connect, createServer } from "node:net";
import { systemClock } from "../../src/platform/clock.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { tcp } from "../../src/platform/tcp-server.ts";
import type { Append, Message } from "../../src/raft/core/messages.ts";
import type { Entry } from "../../src/raft/types.ts";
import { decodeMessage, encodeMessage } from "../../src/rpc/raft-message.ts";
import { LinkServer } from "../support/rpc/server.ts";

// `bun test/bench/rpc-link.ts`: what the link between servers costs, on this machine. Prints, and asserts nothing. With
// `--child PORT` it is the other end in a process of its own.

const ROUND_MS = 2000;
const ENTRY_CHARS = 300;

const say = (line: string) => process.stdout.write(`${line}\n`);

function append(count: number): Append {
  const data = `{"type":"kv.set","key":"app/config/1","value":"${"x".repeat(ENTRY_CHARS - 50)}"}`;
  const entries = Array.from(
    { length: count },
    (_, at): Entry => ({ index: 1001 + at, term: 7, type: "command", data }),
  );
  return { type: "append", from: "a", to: "b", term: 7, prevIndex: 1000, prevTerm: 7, entries, commit: 1000 };
}

/** Nanoseconds of one call, in a loop. */
function cost(fn: () => unknown): number {
  const startMs = performance.now();
  let calls = 0;
  for (let left = 10; left > 0 || performance.now() - startMs < ROUND_MS / 4; left--) {
    for (let at = 0; at < 10; at++) fn();
    calls += 10;
  }
  return ((performance.now() - startMs) * 1e6) / calls;
}

function codec(): void {
  say("message                      bytes   encode     decode");
  const heartbeat: Message = { type: "heartbeat", from: "a", to: "b", term: 7, commit: 123_456, round: 99 };
  const cases: [string, Message][] = [["heartbeat", heartbeat]];
  for (const count of [1, 10, 100, 1000]) cases.push([`append of ${count}, ${ENTRY_CHARS} B each`, append(count)]);
  for (const [name, message] of cases) {
    const bytes = encodeMessage(message);
    const encode = cost(() => encodeMessage(message));
    const decode = cost(() => decodeMessage(message.type, bytes, "a", "b"));
    const us = (ns: number) => `${(ns / 1000).toFixed(2).padStart(8)} us`;
    say(`${name.padEnd(26)} ${String(bytes.length).padStart(7)} ${us(encode)} ${us(decode)}`);
  }
}

async function server(nodeId: string): Promise<LinkServer> {
  const ports = { streams: tcp, clock: systemClock, random: systemRandom };
  return await new LinkServer(nodeId, { ...ports, at: { address: "127.0.0.1", port: 0 } }).start();
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await Bun.sleep(1);
}

interface Rate {
  perSecond: number;
  /** Processor time of this process for each. */
  cpuUs: number;
}

/** What `workers` callers reach that each wait for their answer. */
async function rate(workers: number, once: () => Promise<unknown>): Promise<Rate> {
  const startMs = performance.now();
  const cpu = process.cpuUsage();
  let count = 0;
  const work = async () => {
    while (performance.now() - startMs < ROUND_MS) {
      await once();
      count++;
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  const { user, system } = process.cpuUsage(cpu);
  return { perSecond: (count * 1000) / (performance.now() - startMs), cpuUs: (user + system) / count };
}

function sayRate(name: string, { perSecond, cpuUs }: Rate): void {
  say(
    `${name.padEnd(30)} ${Math.round(perSecond).toString().padStart(8)}/s ${cpuUs.toFixed(1).padStart(7)} us of CPU each`,
  );
}

async function roundTrips(a: LinkServer): Promise<void> {
  for (const workers of [1, 8, 64, 256]) {
    const once = () => a.peers.call("b", "echo", { key: "a", index: 7 }, { timeoutMs: 10_000 });
    sayRate(`calls, ${workers} at a time`, await rate(workers, once));
  }
  for (const [workers, entries] of [
    [1, 1],
    [1, 32],
    [16, 1],
    [16, 32],
  ] as const) {
    const waiting: (() => void)[] = [];
    a.onMessage = () => waiting.shift()?.();
    const message = append(entries);
    const appends = await rate(workers, () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.push(resolve);
      a.peers.send(message);
      return promise;
    });
    sayRate(`appends of ${entries}, ${workers} under way`, appends);
  }
}

/** Megabytes a second of snapshot chunks, and how late heartbeats are meanwhile. */
async function bulk(a: LinkServer): Promise<void> {
  const bytes = 256 * 1024;
  const configuration = { index: 1, configuration: { servers: [] } };
  const snapshot = { index: 9, term: 1, configuration, bytes: 2 ** 40, sha256: "00".repeat(32) };
  const data = new Uint8Array(bytes);
  let offset = 0;
  const next = () => {
    a.peers.send({ type: "snapshotChunk", from: "a", to: "b", term: 1, snapshot, offset, data });
    offset += bytes;
  };
  const delays: number[] = [];
  const sentMs: number[] = [];
  let received = 0;
  a.onMessage = (message) => {
    if (message.type === "heartbeatReply") delays.push(performance.now() - (sentMs[message.round] ?? 0));
    if (message.type !== "snapshotReply") return;
    received += bytes;
    next();
  };
  const startMs = performance.now();
  next();
  next();
  while (performance.now() - startMs < ROUND_MS) {
    sentMs.push(performance.now());
    a.beat("b", sentMs.length - 1);
    await Bun.sleep(5);
  }
  const seconds = (performance.now() - startMs) / 1000;
  delays.sort((x, y) => x - y);
  const at = (part: number) => `${(delays[Math.floor(delays.length * part)] ?? 0).toFixed(2)} ms`;
  say(
    `chunks: ${Math.round(received / 1e6 / seconds)} MB/s; heartbeat there and back meanwhile: median ${at(0.5)}, 99 % ${at(0.99)}, worst ${at(0.9999)}`,
  );
}

/** The other end: answers appends, heartbeats and chunks. */
function answer(b: LinkServer): void {
  b.onMessage = (message) => {
    const head = { from: "b", to: "a", term: message.term };
    if (message.type === "append") {
      const index = message.prevIndex + message.entries.length;
      b.peers.send({ type: "appendReply", ...head, ok: true, index, hintIndex: 0, hintTerm: 0 });
    } else if (message.type === "heartbeat") b.peers.send({ type: "heartbeatReply", ...head, round: message.round });
    else if (message.type === "snapshotChunk") {
      b.peers.send({ type: "snapshotReply", ...head, index: 9, nextOffset: message.offset, installed: false });
    }
  };
}

/** The same exchange on bare sockets: a length and 200 bytes there, one byte back. */
async function bareSockets(port: number): Promise<void> {
  const socket = connect({ host: "127.0.0.1", port });
  const waiting: (() => void)[] = [];
  socket.setNoDelay(true);
  socket.on("data", (bytes: Buffer) => {
    for (let left = bytes.length; left > 0; left--) waiting.shift()?.();
  });
  const request = Buffer.alloc(200);
  const turns = await rate(1, () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    waiting.push(resolve);
    socket.write(request);
    return promise;
  });
  socket.destroy();
  sayRate("bare sockets, 1 at a time", turns);
}

async function child(port: string): Promise<void> {
  const bare = createServer((socket) => {
    socket.setNoDelay(true);
    socket.on("error", () => socket.destroy());
    socket.on("data", (bytes: Buffer) => void socket.write(Buffer.alloc(Math.max(1, Math.round(bytes.length / 200)))));
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  bare.listen({ host: "127.0.0.1", port: 0 }, resolve);
  await promise;
  say(String((bare.address() as AddressInfo).port));
  const b = await server("b");
  answer(b);
  b.peers.dial(`127.0.0.1:${port}`);
}

const childOf = process.argv.indexOf("--child");
if (childOf > 0) await child(process.argv[childOf + 1] ?? "");
else {
  codec();
  const a = await server("a");
  const port = a.address.split(":")[1] ?? "";
  const other = Bun.spawn([process.execPath, import.meta.path, "--child", port], { stdout: "pipe", stderr: "inherit" });
  const { value } = await other.stdout.getReader().read();
  await bareSockets(Number(new TextDecoder().decode(value)));
  await until(() => a.connected === "b");
  await roundTrips(a);
  await bulk(a);
  other.kill();
  await a.stop();
}
