import { beforeEach, describe, expect, test } from "bun:test";
import { Refusal } from "../../../src/lib/refusal.ts";
import type { CalledServer, Callers } from "../../../src/rpc/callers.ts";
import { AnswerLost, NotSent } from "../../../src/rpc/errors.ts";
import { failureOf } from "../../support/failure-of.ts";
import { ManualClock, settle } from "../../support/manual-clock.ts";
import type { RecordingLogger } from "../../support/recording-logger.ts";
import { callersOf, GuestServer } from "../../support/rpc/guests.ts";
import { MemoryNetwork } from "../../support/rpc/memory-network.ts";

const TURNS = 100;
let clock: ManualClock;
let network: MemoryNetwork;
let callers: Callers;
let logger: RecordingLogger;

beforeEach(() => {
  clock = new ManualClock();
  network = new MemoryNetwork(clock);
  ({ callers, logger } = agent("c"));
});

const random = { uuid: () => "uuid", float: () => 0.5 };

function agent(name: string, hello: Parameters<typeof callersOf>[1]["hello"] = {}) {
  return callersOf(name, { streams: network.host(name), clock, random, hello });
}

async function server(nodeId: string, options: Partial<ConstructorParameters<typeof GuestServer>[1]> = {}) {
  const at = { address: nodeId, port: 8300 };
  return await new GuestServer(nodeId, { streams: network.host(nodeId), clock, at, ...options }).start();
}

/** Lets time pass in steps so small that every timer finds the world in order. */
async function pass(ms: number, step = 100): Promise<void> {
  for (let left = ms; left > 0; left -= step) {
    await settle(TURNS);
    clock.advance(Math.min(step, left));
  }
  await settle(TURNS);
}

const TIME = { timeoutMs: 600_000 };
const echo = (to: CalledServer, argument: unknown = 1) => callers.call(to, "echo", argument, TIME);
/** What became of a call so far. */
function outcome(call: Promise<unknown>): () => string {
  let text = "waits";
  call.then(
    (value) => {
      text = `answer ${String(value)}`;
    },
    (error: Error) => {
      text = `${error.name} ${error.message}`;
    },
  );
  return () => text;
}

describe("calls of a guest", () => {
  test("open one connection to a server, whatever comes at once, and use it again", async () => {
    const s = await server("s");
    expect(await Promise.all([echo(s.called, 1), echo(s.called, 2), echo(s.called, 3)])).toEqual([1, 2, 3]);
    expect(await echo(s.called, { bytes: new Uint8Array(3) })).toEqual({ bytes: new Uint8Array(3) });
    expect(network.connects).toBe(1);
  });

  test("reach methods that know who calls", async () => {
    const s = await server("s", { methods: { who: async (_, guest) => guest.hello } });
    expect(await callers.call(s.called, "who", undefined, TIME)).toEqual({
      ...{ nodeId: "c", nodeName: "name-c", datacenter: "dc1", role: "client", version: "0.1.0", server: "s" },
    });
  });

  test("bring refusals as they are, and other errors as lost answers", async () => {
    const refusal = new Refusal("Permission denied", 403, "refused");
    const methods = { refuse: () => Promise.reject(refusal), fail: () => Promise.reject(new Error("disk on fire")) };
    const s = await server("s", { methods });
    const refused = (await failureOf(callers.call(s.called, "refuse", 1, TIME))) as Refusal;
    expect([refused.message, refused.status, refused.outcome]).toEqual(["Permission denied", 403, "refused"]);
    expect(await failureOf(callers.call(s.called, "fail", 1, TIME))).toBeInstanceOf(AnswerLost);
    expect(await failureOf(callers.call(s.called, "unknown", 1, TIME))).toBeInstanceOf(NotSent);
  });

  test("may be thousands that wait at one server", async () => {
    let waiting = 0;
    const { promise, resolve } = Promise.withResolvers<number>();
    const wait = () => {
      waiting++;
      return promise;
    };
    const s = await server("s", { methods: { wait } });
    const calls = Array.from({ length: 5000 }, () => callers.call(s.called, "wait", 1, TIME));
    await settle(20_000);
    expect(waiting).toBe(5000);
    resolve(7);
    expect((await Promise.all(calls)).every((value) => value === 7)).toBe(true);
  });

  test("that nobody waits for any more are told to the method", async () => {
    const signals: AbortSignal[] = [];
    const wait = (_: unknown, __: unknown, signal: AbortSignal) => {
      signals.push(signal);
      return new Promise<never>(() => undefined);
    };
    const s = await server("s", { methods: { wait } });
    const controller = new AbortController();
    const call = outcome(callers.call(s.called, "wait", 1, { ...TIME, signal: controller.signal }));
    await settle(TURNS);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
    controller.abort();
    await settle(TURNS);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    expect(call()).toBe("AnswerLost call of wait was cancelled");
  });
});

describe("a server that can't be reached", () => {
  const gone: CalledServer = { nodeId: "s", name: "name-s", datacenter: "dc1", address: "s:8300" };

  test("is told at once, and is not tried again for a while that grows", async () => {
    const tries: number[] = [];
    for (let second = 0; second < 40; second++) {
      const before = network.connects;
      for (let call = 0; call < 10; call++) {
        const error = await failureOf(echo(gone));
        expect(error).toBeInstanceOf(NotSent);
        expect(error.message).toBe('server "name-s" (s:8300): connection refused');
        await pass(100);
      }
      tries.push(network.connects - before);
    }
    expect(tries.slice(0, 5)).toEqual([4, 1, 0, 1, 0]);
    expect(tries.slice(10).reduce((sum, each) => sum + each, 0)).toBe(10);
    expect(logger.messages("warn").length).toBe(2);
  });

  test("is found again when it is back", async () => {
    await failureOf(echo(gone));
    const s = await server("s");
    expect(await failureOf(echo(s.called))).toBeInstanceOf(NotSent);
    await pass(200);
    expect(await echo(s.called)).toBe(1);
  });

  test("lets calls go when they are cancelled before it is reached", async () => {
    network.cutOff("s");
    const controller = new AbortController();
    const calls = [
      outcome(callers.call(gone, "echo", 1, { ...TIME, signal: controller.signal })),
      outcome(echo(gone)),
      outcome(callers.call(gone, "echo", 1, { ...TIME, signal: AbortSignal.abort() })),
    ];
    await settle(TURNS);
    controller.abort();
    await settle(TURNS);
    const cancelled = "NotSent the call was cancelled";
    expect(calls.map((call) => call())).toEqual([cancelled, "waits", cancelled]);
    await pass(3100);
    expect(calls[1]?.()).toBe('NotSent server "name-s" (s:8300): connect timeout');
  });

  test("is another one at the same address: nothing is executed there", async () => {
    let executed = 0;
    const other = await server("s", { methods: { count: async () => executed++ } });
    const call = callers.call({ ...other.called, nodeId: "old" }, "count", 1, TIME);
    const error = await failureOf(call);
    expect(error).toBeInstanceOf(NotSent);
    expect(error.message).toContain('this is server "name-s" with node id s, not the one that is meant');
    expect(executed).toBe(0);
  });
});

describe("a server that is lost", () => {
  test("leaves calls that were sent in doubt, at once when its process dies", async () => {
    const s = await server("s");
    const call = outcome(callers.call(s.called, "never", 1, TIME));
    await settle(TURNS);
    network.kill("s");
    await settle(TURNS);
    expect(call()).toBe("AnswerLost call of never: the other end closed it");
  });

  test("is noticed by its silence in six seconds after a call, in ten while older calls wait", async () => {
    const s = await server("s");
    const call = outcome(callers.call(s.called, "never", 1, TIME));
    await settle(TURNS);
    network.cutOff("s");
    await pass(4900);
    expect(call()).toBe("waits");
    await pass(1200);
    expect(call()).toBe("AnswerLost call of never: nothing was heard for 6000 ms");

    const other = await server("t");
    const old = outcome(callers.call(other.called, "never", 1, TIME));
    await pass(20_500);
    network.cutOff("t");
    await pass(3000);
    expect(old()).toBe("waits");
    await pass(7000);
    expect(old()).toMatch(/^AnswerLost call of never: nothing was heard for [89]\d{3} ms$/);
  });

  test("is one that lives while it answers signs of life, however long a call takes", async () => {
    const s = await server("s");
    const call = outcome(callers.call(s.called, "never", 1, TIME));
    await pass(590_000, 1000);
    expect([call(), s.guests.list().length, network.connects]).toEqual(["waits", 1, 1]);
    await pass(11_000);
    expect(call()).toBe("AnswerLost call of never got no answer within 600000 ms");
  });

  test("is not one whose caller stood still", async () => {
    const s = await server("s");
    const call = outcome(callers.call(s.called, "never", 1, TIME));
    await pass(5000);
    clock.stall(50_000);
    await pass(20_000);
    expect([call(), network.connects]).toEqual(["waits", 1]);
  });
});

describe("a connection of a guest", () => {
  test("is closed after some minutes without calls, and made again", async () => {
    const s = await server("s");
    await echo(s.called);
    await pass(170_000, 1000);
    expect(s.guests.list().length).toBe(1);
    await pass(12_000, 1000);
    expect(s.guests.list().length).toBe(0);
    expect(clock.pendingMs.every((ms) => ms <= 5000)).toBe(true);
    expect(await echo(s.called)).toBe(1);
  });

  test("to a server's old address answers what was asked there, while new calls go to the new one", async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const s = await server("s", { methods: { where: () => promise } });
    const old = callers.call(s.called, "where", 1, TIME);
    await settle(TURNS);
    const at = { address: "s2", port: 8300 };
    const moved = await server("s", { streams: network.host("s2"), at, methods: { where: async () => "new" } });
    expect(await callers.call(moved.called, "where", 1, TIME)).toBe("new");
    resolve("old");
    expect(await old).toBe("old");
    await pass(2000);
    expect([s.guests.list().length, moved.guests.list().length]).toEqual([0, 1]);
  });

  test("ends with the agent: nothing waits any more", async () => {
    const s = await server("s");
    const call = outcome(callers.call(s.called, "never", 1, TIME));
    await settle(TURNS);
    await callers.close();
    await settle(TURNS);
    expect(call()).toBe("AnswerLost call of never: this agent stops");
    expect(await failureOf(echo(s.called))).toBeInstanceOf(NotSent);
    expect(s.guests.list().length).toBe(0);
  });
});
