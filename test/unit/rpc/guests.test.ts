import { beforeEach, describe, expect, test } from "bun:test";
import { AnswerLost, NotSent } from "../../../src/rpc/errors.ts";
import { FrameDecoder, type FrameKind, KINDS } from "../../../src/rpc/frame.ts";
import { encodeGuestHello, GUEST_CALL_BYTES_MAX, type GuestHello } from "../../../src/rpc/guest-hello.ts";
import { GUEST_SELECTOR } from "../../../src/rpc/selector.ts";
import { failureOf } from "../../support/failure-of.ts";
import { ManualClock, settle } from "../../support/manual-clock.ts";
import { callersOf, GuestServer } from "../../support/rpc/guests.ts";
import { frameOf } from "../../support/rpc/link-rig.ts";
import { MemoryNetwork } from "../../support/rpc/memory-network.ts";

const TURNS = 100;
let clock: ManualClock;
let network: MemoryNetwork;

beforeEach(() => {
  clock = new ManualClock();
  network = new MemoryNetwork(clock);
});

const random = { uuid: () => "uuid", float: () => 0.5 };

function agent(name: string, hello: Parameters<typeof callersOf>[1]["hello"] = {}) {
  return callersOf(name, { streams: network.host(name), clock, random, hello }).callers;
}

async function server(nodeId: string, options: Partial<ConstructorParameters<typeof GuestServer>[1]> = {}) {
  const at = { address: nodeId, port: 8300 };
  return await new GuestServer(nodeId, { streams: network.host(nodeId), clock, at, ...options }).start();
}

async function pass(ms: number, step = 100): Promise<void> {
  for (let left = ms; left > 0; left -= step) {
    await settle(TURNS);
    clock.advance(Math.min(step, left));
  }
  await settle(TURNS);
}

const TIME = { timeoutMs: 600_000 };
const never = () => new Promise<never>(() => undefined);

/** A guest that says what the test says. */
async function stranger(to = "s") {
  const heard: string[] = [];
  let isClosed = false;
  const decoder = new FrameDecoder((kind, payload) => {
    heard.push(`${kind} ${payload.toString()}`);
    return true;
  });
  const connection = await network.host("x").connect(
    { address: to, port: 8300, timeoutMs: 1000 },
    {
      onData: (bytes) => void decoder.push(bytes),
      onDrain: () => undefined,
      onClose: () => {
        isClosed = true;
      },
    },
  );
  connection.write(Buffer.of(GUEST_SELECTOR));
  return {
    heard,
    connection,
    isClosed: () => isClosed,
    async say(...frames: [FrameKind, (Uint8Array | string)?][]) {
      for (const [kind, payload = ""] of frames) connection.write(frameOf(kind, Buffer.from(payload)));
      await settle(TURNS);
    },
  };
}

const hello: GuestHello = {
  ...{ nodeId: "x", nodeName: "name-x", datacenter: "dc1", role: "client", version: "0.1.0", server: "s" },
};

describe("a server takes", () => {
  test("client agents of its datacenter, and servers of others", async () => {
    const s = await server("s");
    await agent("a").call(s.called, "echo", 1, TIME);
    await agent("b", { role: "server", datacenter: "dc2" }).call(s.called, "echo", 1, TIME);
    expect(s.guests.list().map(({ hello }) => `${hello.role} ${hello.datacenter}`)).toEqual([
      "client dc1",
      "server dc2",
    ]);
  });

  test("no client agents of other datacenters, and says so", async () => {
    const s = await server("s");
    const error = await failureOf(agent("a", { datacenter: "dc2" }).call(s.called, "echo", 1, TIME));
    expect(error).toBeInstanceOf(NotSent);
    expect(error.message).toEndWith(
      'the server refused: client agent "name-a" is of datacenter "dc2" and server "name-s" of "dc1"',
    );
  });

  test("only so many of them; who goes makes room", async () => {
    const s = await server("s", { limits: { connectionsMax: 2 } });
    const [a, b, c] = [agent("a"), agent("b"), agent("c")];
    for (const each of [a, b]) await each.call(s.called, "echo", 1, TIME);
    const full = await failureOf(c.call(s.called, "echo", 1, TIME));
    expect(full.message).toEndWith("the server has 2 connections of other agents already");
    await a.close();
    await pass(1000);
    expect(await c.call(s.called, "echo", 1, TIME)).toBe(1);
  });

  test("5,000 of them with the limits that it has, from many addresses", async () => {
    const s = await server("s");
    const agents = Array.from({ length: 5000 }, (_, at) => agent(`a${at}`));
    for (const each of agents) await each.call(s.called, "echo", 1, TIME);
    expect(s.guests.list().length).toBe(5000);
  });

  test("only so many calls of all of them together, and no harm is done to those beyond", async () => {
    const s = await server("s", { limits: { servedMax: 3 } });
    const [a, b] = [agent("a"), agent("b")];
    const waiting = [a, a, b].map((each) => failureOf(each.call(s.called, "never", 1, TIME)));
    await settle(TURNS);
    const error = await failureOf(b.call(s.called, "echo", 1, TIME));
    expect(error).toBeInstanceOf(NotSent);
    expect(error.message).toContain("the server executes 3 calls already");
    await a.close();
    await settle(TURNS);
    expect(await b.call(s.called, "echo", 1, TIME).catch(() => "full")).toBe("full");
    expect((await waiting[0])?.message).toContain("this agent stops");
  });
});

describe("a guest that is gone", () => {
  test("aborts the calls that it made", async () => {
    const signals: AbortSignal[] = [];
    const wait = (_: unknown, __: unknown, signal: AbortSignal) => {
      signals.push(signal);
      return never();
    };
    const s = await server("s", { methods: { wait } });
    const a = agent("a");
    void failureOf(a.call(s.called, "wait", 1, TIME));
    await settle(TURNS);
    const [guest] = s.guests.list();
    expect([guest?.gone.aborted, signals[0]?.aborted]).toEqual([false, false]);
    network.kill("a");
    await settle(TURNS);
    expect([guest?.gone.aborted, signals[0]?.aborted]).toEqual([true, true]);
  });

  test("is noticed by its silence", async () => {
    const s = await server("s");
    await agent("a").call(s.called, "echo", 1, TIME);
    network.cutOff("a");
    await pass(55_000, 1000);
    expect(s.guests.list().length).toBe(1);
    await pass(15_000, 1000);
    expect(s.guests.list().length).toBe(0);
  });

  test("is not one that this server did not hear because it stood still itself", async () => {
    const s = await server("s");
    const call = failureOf(agent("a").call(s.called, "never", 1, TIME));
    await settle(TURNS);
    clock.stall(70_000);
    await pass(10_000, 1000);
    expect(s.guests.list().length).toBe(1);
    await s.stop();
    expect((await call).message).toContain("the other end closed it");
  });
});

describe("a server that stops", () => {
  test("answers what it executes, takes nothing new, and closes then", async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const s = await server("s", { methods: { slow: () => promise } });
    const a = agent("a");
    const slow = a.call(s.called, "slow", 1, TIME);
    await settle(TURNS);
    const stopped = s.stop(1000);
    expect((await failureOf(a.call(s.called, "echo", 1, TIME))).message).toBe("call of echo: the server stops");
    resolve("done");
    expect(await slow).toBe("done");
    await pass(100);
    await stopped;
    expect((await failureOf(a.call(s.called, "echo", 1, TIME))).message).toContain("connection refused");
  });

  test("goes on with what a call began before, until its time is over", async () => {
    const s = await server("s", { continuing: { next: async () => "more" } });
    const a = agent("a");
    const call = failureOf(a.call(s.called, "never", 1, TIME));
    await settle(TURNS);
    const stopped = s.stop(1000);
    expect(await a.call(s.called, "next", 1, TIME)).toBe("more");
    await pass(1100);
    await stopped;
    expect(await call).toBeInstanceOf(AnswerLost);
  });
});

describe("answers", () => {
  test("are made no faster than a guest reads them", async () => {
    let made = 0;
    const big = new Uint8Array(400_000);
    const { promise, resolve } = Promise.withResolvers<void>();
    const s = await server("s", {
      methods: {
        async big(_, guest) {
          await promise;
          await guest.room();
          made++;
          return big;
        },
      },
    });
    const x = await stranger();
    await x.say(["hello", encodeGuestHello(hello)]);
    const call = (id: number) => Buffer.concat([Buffer.of(id, 100, 3), Buffer.from("big"), Buffer.of(0)]);
    await x.say(...Array.from({ length: 100 }, (_, id): [FrameKind, Uint8Array] => ["call", call(id)]));
    x.connection.pause();
    resolve();
    await settle(5000);
    expect(made).toBeGreaterThan(4);
    expect(made).toBeLessThan(20);
    x.connection.resume();
    // The stranger answers no marks: only what the window admits comes.
    expect(s.logger.lines).toEqual([]);
  });

  test("that wait for guests who don't read send those away who have most of them, not the others", async () => {
    const big = new Uint8Array(400_000);
    const s = await server("s", { methods: { big: async () => big }, limits: { bytesMax: 3_000_000 } });
    const [x, y] = [await stranger(), await stranger()];
    for (const each of [x, y]) await each.say(["hello", encodeGuestHello(hello)]);
    const call = (id: number) => Buffer.concat([Buffer.of(id, 100, 3), Buffer.from("big"), Buffer.of(0)]);
    await x.say(...Array.from({ length: 8 }, (_, id): [FrameKind, Uint8Array] => ["call", call(id)]));
    await y.say(["call", call(1)]);
    await pass(6000);
    expect([x.isClosed(), y.isClosed()]).toEqual([true, false]);
    expect(s.logger.messages("warn")).toEqual([
      "closed the connection of an agent that does not read what it asked for",
    ]);
  });
});

describe("strangers", () => {
  test("who say nothing are closed after a while", async () => {
    await server("s");
    const x = await stranger();
    await pass(4900);
    expect(x.isClosed()).toBe(false);
    await pass(1500);
    expect(x.isClosed()).toBe(true);
  });

  test("are told when they speak another version", async () => {
    await server("s");
    const x = await stranger();
    await x.say(["hello", '{"protocol":7}']);
    expect(x.heard[0]).toStartWith('refuse {"code":"foreign","text":"the nodes speak different versions');
    expect(x.isClosed()).toBe(true);
  });

  const faults: [string, [FrameKind, (Uint8Array | string)?][]][] = [
    ["a call before the hello", [["call", Buffer.of(1, 1, 1, 65, 0)]]],
    ["a hello that is none", [["hello", '{"protocol":1}']]],
    [
      "a second hello",
      [
        ["hello", encodeGuestHello(hello)],
        ["hello", encodeGuestHello(hello)],
      ],
    ],
    ["an empty frame of another kind", [["hello", encodeGuestHello(hello)], ["ready"]]],
    [
      "a message of Raft",
      [
        ["hello", encodeGuestHello(hello)],
        ["heartbeat", Buffer.alloc(9)],
      ],
    ],
    [
      "an answer",
      [
        ["hello", encodeGuestHello(hello)],
        ["answer", Buffer.of(1, 0)],
      ],
    ],
    [
      "a call of nonsense",
      [
        ["hello", encodeGuestHello(hello)],
        ["call", Buffer.of(255)],
      ],
    ],
    [
      "a pong that answers nothing",
      [
        ["hello", encodeGuestHello(hello)],
        ["pong", Buffer.of(9)],
      ],
    ],
  ];
  for (const [name, frames] of faults) {
    test(`who send ${name} are closed, with one line`, async () => {
      const s = await server("s");
      const x = await stranger();
      await x.say(...frames);
      expect(x.isClosed()).toBe(true);
      expect(s.logger.messages("warn")).toEqual(["closed a connection: what came is not of an agent"]);
    });
  }

  test("can't send a call that is longer than guests' calls are", async () => {
    const s = await server("s");
    const x = await stranger();
    await x.say(["hello", encodeGuestHello(hello)]);
    const piece = frameOf("call", Buffer.alloc(65_536));
    piece[0] = KINDS.call.code | 0x80;
    piece.writeUInt32BE(Bun.hash.crc32(piece.subarray(0, -4)), piece.length - 4);
    for (let sent = 0; sent <= GUEST_CALL_BYTES_MAX; sent += 65_536) x.connection.write(Buffer.from(piece));
    await settle(500);
    expect(x.isClosed()).toBe(true);
    expect(s.logger.lines.at(-1)?.fields.why).toBe(`more than ${GUEST_CALL_BYTES_MAX} bytes of call`);
  });
});
