import { afterEach, describe, expect, test } from "bun:test";
import { connect } from "node:net";
import { systemClock } from "../../../src/platform/clock.ts";
import { systemRandom } from "../../../src/platform/random.ts";
import { tcp } from "../../../src/platform/tcp-server.ts";
import type { SnapshotChunk } from "../../../src/raft/core/messages.ts";
import { AnswerLost, NotSent } from "../../../src/rpc/errors.ts";
import { LANE_LIMITS } from "../../../src/rpc/outbox.ts";
import { LINK_SELECTOR } from "../../../src/rpc/selector.ts";
import type { Hello } from "../../../src/rpc/types.ts";
import { failureOf } from "../../support/failure-of.ts";
import { LinkServer } from "../../support/rpc/server.ts";
import { Tap } from "../../support/rpc/tap.ts";

// The links on real sockets: what a memory network can't show.

const MIB = 1024 * 1024;
const CHUNK_BYTES = 256 * 1024;
const WAIT_MS_MAX = 20_000;

const open: { stop(): unknown }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.stop()));
});

async function server(nodeId: string, hello: Partial<Hello> = {}, laneLimits = LANE_LIMITS): Promise<LinkServer> {
  const at = { address: "127.0.0.1", port: 0 };
  const ports = { streams: tcp, clock: systemClock, random: systemRandom };
  const methods = { never: () => new Promise<never>(() => undefined) };
  const one = await new LinkServer(nodeId, { ...ports, at, hello, methods, laneLimits }).start();
  open.push(one);
  return one;
}

async function until(condition: () => boolean): Promise<void> {
  const untilMs = performance.now() + WAIT_MS_MAX;
  while (!condition()) {
    if (performance.now() > untilMs) throw new Error("waited too long");
    await Bun.sleep(1);
  }
}

/** Tries again as often as it is sure that nothing was executed. */
async function callWhenConnected(from: LinkServer, to: string, argument: unknown): Promise<unknown> {
  for (;;) {
    try {
      return await from.peers.call(to, "echo", argument, { timeoutMs: WAIT_MS_MAX });
    } catch (error) {
      if (!(error instanceof NotSent)) throw error;
      await new Promise(setImmediate);
    }
  }
}

function chunk(offset: number, bytes: number): SnapshotChunk {
  const configuration = { index: 1, configuration: { servers: [] } };
  const snapshot = { index: 9, term: 1, configuration, bytes, sha256: "00".repeat(32) };
  const data = new Uint8Array(CHUNK_BYTES).fill(offset / CHUNK_BYTES);
  return { type: "snapshotChunk", from: "a", to: "b", term: 1, snapshot, offset, data };
}

const chunksOf = ({ messages }: LinkServer) => messages.filter(({ type }) => type === "snapshotChunk").length;

describe("servers on real sockets", () => {
  test("three that dial each other get one connection for each pair", async () => {
    const all = await Promise.all(["a", "b", "c"].map((id) => server(id)));
    for (const one of all) for (const other of all) one.peers.dial(other.address);
    await until(() => all.map(({ connected }) => connected).join() === "b c,a c,a b");
    for (const one of all) {
      for (const { nodeId } of all.filter((other) => other !== one)) {
        expect(await callWhenConnected(one, nodeId, 1)).toBe(1);
      }
    }
    expect(all.flatMap((one) => one.warnings())).toEqual([]);
  });

  test("get every message of a link in its order", async () => {
    const [a, b] = [await server("a"), await server("b")];
    a.peers.dial(b.address);
    await until(() => a.connected === "b" && b.connected === "a");
    for (let round = 1; round <= 5000; round++) {
      a.beat("b", round);
      b.beat("a", round);
      if (round % 100 === 0) await new Promise(setImmediate);
    }
    await until(() => a.messages.length === 5000 && b.messages.length === 5000);
    for (const { messages } of [a, b]) {
      expect(messages.every((each, at) => each.type === "heartbeat" && each.round === at + 1)).toBe(true);
    }
  });

  test("two that dial each other at the same time, again and again, end with one connection, and no call between them is in doubt", async () => {
    for (let round = 0; round < 60; round++) {
      const [a, b] = await Promise.all([server("a"), server("b")]);
      a.peers.dial(b.address);
      if (round % 3 === 1) await Bun.sleep(1);
      if (round % 3 === 2) await new Promise(setImmediate);
      b.peers.dial(a.address);
      const calls = [callWhenConnected(a, "b", round), callWhenConnected(b, "a", round)];
      expect(await Promise.all(calls)).toEqual([round, round]);
      await until(() => a.connected === "b" && b.connected === "a");
      expect([...a.warnings(), ...b.warnings()]).toEqual([]);
      await Promise.all(open.splice(0).map((one) => one.stop()));
    }
  });

  test("one that is killed and comes back at another address is found through what the others know", async () => {
    const [a, b] = [await server("a"), await server("b")];
    b.peers.dial(a.address);
    await until(() => a.connected === "b" && b.connected === "a");
    const call = failureOf(a.peers.call("b", "never", 1, { timeoutMs: WAIT_MS_MAX }));
    await Bun.sleep(5);
    open.splice(open.indexOf(b), 1);
    await b.stop();
    await until(() => a.connected === "");
    expect(await call).toBeInstanceOf(AnswerLost);
    const again = await server("b");
    expect(again.address).not.toBe(b.address);
    again.peers.know({ nodeId: "a", address: a.address });
    await until(() => a.connected === "b" && again.connected === "a");
    expect(a.peers.list().map(({ hello }) => hello.address)).toEqual([again.address]);
    expect(await a.peers.call("b", "echo", "hi", { timeoutMs: WAIT_MS_MAX })).toBe("hi");
  });

  test("those of another cluster are refused, in words, on both sides", async () => {
    const [a, b] = [await server("a", { clusterId: "one" }), await server("b", { clusterId: "two" })];
    a.peers.dial(b.address);
    await until(() => a.warnings().length > 0 && b.warnings().length > 0);
    expect(a.warnings()[0]).toStartWith("a server refused this one: ");
    expect(b.warnings()[0]).toStartWith("refused a server: ");
    expect([a.connected, b.connected]).toEqual(["", ""]);
  });

  test("calls of megabytes come whole, both ways at once", async () => {
    const [a, b] = [await server("a"), await server("b")];
    a.peers.dial(b.address);
    await until(() => a.connected === "b" && b.connected === "a");
    const value = { bytes: new Uint8Array(5 * MIB).fill(7), text: "é".repeat(MIB) };
    const results = await Promise.all([
      a.peers.call("b", "echo", value, { timeoutMs: WAIT_MS_MAX }),
      b.peers.call("a", "echo", value, { timeoutMs: WAIT_MS_MAX }),
    ]);
    for (const result of results) expect(Bun.deepEquals(result, value)).toBe(true);
  });
});

describe("100 MB of chunks in the queue", () => {
  const limits = { ...LANE_LIMITS, chunk: { framesMax: 1000, bytesMax: 200 * MIB } };
  const queue = (a: LinkServer) => {
    for (let offset = 0; offset < 100 * MIB; offset += CHUNK_BYTES) a.peers.send(chunk(offset, 100 * MIB));
  };

  test("hold a heartbeat up by no more than one of them", async () => {
    const [a, b] = [await server("a", {}, limits), await server("b")];
    a.peers.dial(b.address);
    await until(() => a.connected === "b");
    queue(a);
    await until(() => chunksOf(b) >= 3);
    const before = chunksOf(b);
    a.beat("b");
    await until(() => b.messages.some(({ type }) => type === "heartbeat"));
    const at = b.messages.findIndex(({ type }) => type === "heartbeat");
    const between = b.messages.slice(0, at).filter(({ type }) => type === "snapshotChunk").length - before;
    expect(between).toBeLessThanOrEqual(1);
    await until(() => chunksOf(b) === 400);
  });

  test("do so even when the other end reads no more: what is ahead of a heartbeat is one chunk", async () => {
    const [a, b] = [await server("a", {}, limits), await server("b")];
    const tap = await new Tap({ host: "127.0.0.1", port: Number(b.address.split(":")[1]) }).open();
    open.push({ stop: () => tap.close() });
    a.peers.dial(`127.0.0.1:${tap.port}`);
    await until(() => a.connected === "b" && b.connected === "a");
    tap.allow(0);
    queue(a);
    a.beat("b", 1);
    await Bun.sleep(50);
    a.beat("b", 2);
    const before = tap.passed;
    const second = () => b.messages.some((each) => each.type === "heartbeat" && each.round === 2);
    while (!second() && tap.passed < before + 10 * MIB) {
      const { passed } = tap;
      tap.allow(16 * 1024);
      await until(() => second() || tap.passed > passed);
      await Bun.sleep(1);
    }
    expect(second()).toBe(true);
    expect(tap.passed - before).toBeLessThan(CHUNK_BYTES + 64 * 1024);
    tap.allow(Number.POSITIVE_INFINITY);
    await until(() => chunksOf(b) === 400);
    expect(
      b.messages.every((each) => each.type !== "snapshotChunk" || each.data[0] === (each.offset / CHUNK_BYTES) % 256),
    ).toBe(true);
  });

  test("are dropped beyond what the lane takes, and the link goes on", async () => {
    const [a, b] = [await server("a"), await server("b")];
    a.peers.dial(b.address);
    await until(() => a.connected === "b" && b.connected === "a");
    queue(a);
    a.beat("b");
    await until(() => b.messages.some(({ type }) => type === "heartbeat"));
    expect(await a.peers.call("b", "echo", 1, { timeoutMs: WAIT_MS_MAX })).toBe(1);
    expect(chunksOf(b)).toBeLessThan(20);
  });
});

describe("strangers", () => {
  const say = (address: string, bytes: Buffer): Promise<Buffer> => {
    const { promise, resolve } = Promise.withResolvers<Buffer>();
    const answer: Buffer[] = [];
    const socket = connect({ host: "127.0.0.1", port: Number(address.split(":")[1]) }, () => socket.write(bytes));
    socket.on("data", (part: Buffer) => answer.push(part));
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(Buffer.concat(answer)));
    return promise;
  };

  test("who speak HTTP, or nonsense behind the right first byte, are closed with one line", async () => {
    const a = await server("a");
    expect((await say(a.address, Buffer.from("GET / HTTP/1.1\r\n\r\n"))).length).toBe(0);
    expect((await say(a.address, Buffer.from([LINK_SELECTOR, 1, 2, 3, 4, 5, 6, 7, 8]))).length).toBe(0);
    expect(a.warnings()).toEqual([
      "closed a connection to the server port: nothing here speaks what its first byte, 71, asks for",
      expect.stringMatching("closed a connection: what came is not of a server: a piece of 131844 bytes"),
    ]);
  });
});
