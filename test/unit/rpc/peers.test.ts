import { beforeEach, describe, expect, test } from "bun:test";
import type { Clock } from "../../../src/ports/clock.ts";
import { AnswerLost, NotSent } from "../../../src/rpc/errors.ts";
import type { Hello } from "../../../src/rpc/types.ts";
import { seeded } from "../../e2e/harness/random.ts";
import { failureOf } from "../../support/failure-of.ts";
import { ManualClock, settle } from "../../support/manual-clock.ts";
import { MemoryNetwork } from "../../support/rpc/memory-network.ts";
import { LinkServer } from "../../support/rpc/server.ts";

const TURNS = 300;
let clock: ManualClock;
let network: MemoryNetwork;
let uuids: number;
let float: () => number;

beforeEach(() => {
  clock = new ManualClock();
  network = new MemoryNetwork(clock);
  uuids = 0;
  float = seeded(1);
});

/** Hosts are named as their servers, unless the address changes. */
async function server(
  nodeId: string,
  hello: Partial<Hello> = {},
  host = nodeId,
  time: Clock = clock,
): Promise<LinkServer> {
  const random = { uuid: () => `instance-${uuids++}`, float: () => float() };
  const streams = network.host(host);
  const at = { address: host, port: 8300 };
  return await new LinkServer(nodeId, { streams, clock: time, random, at, hello, methods: { never } }).start();
}
const never = () => new Promise<never>(() => undefined);

/** Lets time pass in steps so small that every timer finds the world in order. */
async function pass(ms: number): Promise<void> {
  for (let left = ms; left >= 0; left -= 50) {
    await settle(TURNS);
    clock.advance(Math.min(50, left));
  }
  await settle(TURNS);
}

/** Tries again as often as it is sure that nothing was executed. */
async function callWhenConnected(from: LinkServer, to: string): Promise<unknown> {
  for (;;) {
    try {
      return await from.peers.call(to, "echo", "hi", { timeoutMs: 1000 });
    } catch (error) {
      if (!(error instanceof NotSent)) throw error;
      await settle(1);
    }
  }
}

describe("servers find each other", () => {
  test("when one dials the other, at once, and messages go both ways", async () => {
    const [a, b] = [await server("a"), await server("b")];
    a.peers.dial(b.address);
    await pass(0);
    expect([a.connected, b.connected]).toEqual(["b", "a"]);
    a.beat("b");
    b.beat("a");
    await settle();
    expect(b.messages).toEqual([{ type: "heartbeat", from: "a", to: "b", term: 1, commit: 0, round: 1 }]);
    expect(a.messages.map(({ from }) => from)).toEqual(["b"]);
  });

  test("with one connection for each pair, though all dial all", async () => {
    const all = [await server("a"), await server("b"), await server("c")];
    for (const one of all) for (const other of all) one.peers.dial(other.address);
    await pass(3000);
    expect(all.map(({ connected }) => connected)).toEqual(["b c", "a c", "a b"]);
    const before = network.connects;
    await pass(20_000);
    expect(network.connects).toBe(before);
    expect(all.flatMap((one) => one.warnings())).toEqual([]);
  });

  test("once, though several addresses lead to one server", async () => {
    const [a, b] = [await server("a"), await server("b")];
    for (const name of ["b1", "b2", "b3"]) network.alias(name, "b");
    for (const host of ["b1", "b2", "b", "b3"]) a.peers.dial(`${host}:8300`);
    await pass(5000);
    expect([a.changes, b.changes]).toEqual([["b"], ["a"]]);
    expect(network.connects).toBe(4);
  });

  test("through what others know, though nobody was told of them", async () => {
    const [a, b, c] = [await server("a"), await server("b"), await server("c")];
    a.peers.dial(b.address);
    await pass(100);
    b.hello.known = [{ nodeId: "a", address: a.address }];
    c.peers.dial(b.address);
    await pass(100);
    expect([a.connected, b.connected, c.connected]).toEqual(["b c", "a c", "a b"]);
  });

  test("when the address of one leads to another one now: it becomes that one", async () => {
    const [a, b] = [await server("a"), await server("b")];
    a.peers.know({ nodeId: "gone", address: b.address });
    await pass(100);
    expect(a.connected).toBe("b");
  });

  test("after a restart with a new address, by the others' addresses", async () => {
    const [a, b] = [await server("a"), await server("b")];
    a.peers.dial(b.address);
    await pass(100);
    network.kill("b");
    await pass(1000);
    expect(a.connected).toBe("");
    const again = await server("b", {}, "elsewhere");
    again.peers.know({ nodeId: "a", address: a.address });
    await pass(100);
    expect([a.connected, again.connected]).toEqual(["b", "a"]);
    expect(a.peers.list()[0]?.hello.address).toBe("elsewhere:8300");
    // And the new address is where it is looked for from now on.
    network.kill("elsewhere");
    await pass(1000);
    const third = await server("b", {}, "elsewhere");
    await pass(2500);
    expect([a.connected, third.connected]).toEqual(["b", "a"]);
  });
});

describe("two that dial each other at the same time", () => {
  test("end with one connection and without a gap, in whatever order things happen", async () => {
    for (let round = 0; round < 40; round++) {
      network = new MemoryNetwork(clock);
      const [a, b] = [await server("a"), await server("b")];
      a.peers.dial(b.address);
      await settle(round);
      b.peers.dial(a.address);
      // Calls begin as soon as there is a connection, whichever.
      const echoes = Promise.all([callWhenConnected(a, "b"), callWhenConnected(b, "a")]);
      await pass(0);
      expect(await echoes).toEqual(["hi", "hi"]);
      expect([a.connected, b.connected]).toEqual(["b", "a"]);
      a.beat("b", round);
      b.beat("a", round);
      await settle(TURNS);
      expect([a.messages.length, b.messages.length]).toEqual([1, 1]);
      expect([a.changes.includes(""), b.changes.includes("")]).toEqual([false, false]);
      expect([...a.warnings(), ...b.warnings()]).toEqual([]);
      await Promise.all([a.stop(), b.stop()]);
    }
  });
});

describe("a server that is lost", () => {
  test("is reported, and is there again within two seconds of its return", async () => {
    const [a, b] = [await server("a"), await server("b")];
    a.peers.dial(b.address);
    await pass(100);
    network.kill("b");
    await pass(10_000);
    expect(a.connected).toBe("");
    expect(a.peers.list().map(({ isConnected }) => isConnected)).toEqual([false]);
    const again = await server("b");
    await pass(2000);
    expect([a.connected, again.connected]).toEqual(["b", "a"]);
    expect(a.changes).toEqual(["b", "", "b"]);
  });

  test.each([
    ["it", true],
    ["the other server", false],
  ])(
    "is replaced at once by its next process, though its old connection, which %s dialled, says nothing",
    async (_, dials) => {
      const [a, b] = [await server("a"), await server("b")];
      if (dials) b.peers.dial(a.address);
      else a.peers.dial(b.address);
      await pass(100);
      // The machine loses power: nobody closes anything.
      network.cutOff("b");
      await pass(100);
      const again = await server("b", {}, "new-host");
      again.peers.dial(a.address);
      await pass(0);
      expect([a.connected, again.connected]).toEqual(["b", "a"]);
      again.beat("a");
      a.beat("b");
      await settle();
      expect([a.messages.length, again.messages.length]).toEqual([1, 1]);
      expect(a.changes.includes("")).toBe(false);
    },
  );

  test("comes back at once over a new connection when only it knows that the one it dialled is gone", async () => {
    for (const [from, to] of [
      ["a", "b"],
      ["b", "a"],
    ] as const) {
      network = new MemoryNetwork(clock);
      const [dialler, other] = [await server(from), await server(to)];
      dialler.peers.dial(other.address);
      await pass(1000);
      network.loseConnections(from);
      await pass(200);
      expect([dialler.changes, other.changes]).toEqual([
        [to, "", to],
        [from, from],
      ]);
    }
  });

  test("comes back after a second when it has lost what the other one dialled, and the smaller id decides", async () => {
    const [a, b] = [await server("a"), await server("b")];
    a.peers.dial(b.address);
    await pass(1000);
    network.loseConnections("b");
    await pass(500);
    expect([a.connected, b.connected]).toEqual(["b", ""]);
    await pass(1500);
    expect([a.changes, b.changes]).toEqual([
      ["b", "b"],
      ["a", "", "a"],
    ]);
  });

  test("is asked for signs of life while nothing else is sent, and given up after three seconds of silence", async () => {
    const [a, b] = [await server("a"), await server("b")];
    a.peers.dial(b.address);
    await pass(60_000);
    expect([a.changes, b.changes]).toEqual([["b"], ["a"]]);
    const heardMs = a.peers.list()[0]?.heardMs ?? 0;
    expect(clock.monotonicMs() - heardMs).toBeLessThan(1000);
    network.cutOff("b");
    await pass(2500);
    expect(a.connected).toBe("b");
    await pass(1500);
    expect(a.connected).toBe("");
    expect(a.warnings()[0]).toMatch(/^lost the connection to a server: nothing was heard for 3\d\d\d ms/);
    network.heal("b");
    await pass(4000);
    expect([a.connected, b.connected]).toEqual(["b", "a"]);
  });

  test("is not given up because this process stood still", async () => {
    const leapMs = { value: 0 };
    const leaping = {
      nowMs: () => clock.nowMs(),
      monotonicMs: () => clock.monotonicMs() + leapMs.value,
      after: (delayMs: number, fn: () => void) => clock.after(delayMs, fn),
      soon: (fn: () => void) => clock.soon(fn),
    };
    const [a, b] = [await server("a", {}, "a", leaping), await server("b", {}, "b", leaping)];
    a.peers.dial(b.address);
    await pass(1000);
    leapMs.value = 20_000;
    await pass(1000);
    expect([a.changes, b.changes]).toEqual([["b"], ["a"]]);
  });
});

describe("calls", () => {
  test("reach the other server and bring its answer", async () => {
    const [a, b] = [await server("a"), await server("b")];
    b.peers.dial(a.address);
    await pass(0);
    const result = a.peers.call("b", "echo", { value: new Uint8Array([1]), index: 2n }, { timeoutMs: 1000 });
    await settle(TURNS);
    expect(await result).toEqual({ value: new Uint8Array([1]), index: 2n });
  });

  test("to a server that is not connected were not sent; one under way when it is lost may have been executed", async () => {
    const [a, b] = [await server("a"), await server("b")];
    expect(await failureOf(a.peers.call("b", "echo", 1, { timeoutMs: 1000 }))).toBeInstanceOf(NotSent);
    a.peers.dial(b.address);
    await pass(0);
    const failure = failureOf(a.peers.call("b", "never", 1, { timeoutMs: 60_000 }));
    await settle(TURNS);
    network.kill("b");
    await settle(TURNS);
    expect(await failure).toBeInstanceOf(AnswerLost);
  });
});

describe("servers refuse each other", () => {
  test("when they are of two clusters; both say so, and say it seldom", async () => {
    const [a, b] = [await server("a", { clusterId: "one" }), await server("b", { clusterId: "two" })];
    a.peers.dial(b.address);
    b.peers.dial(a.address);
    await pass(29_000);
    expect([a.connected, b.connected]).toEqual(["", ""]);
    for (const warnings of [a.warnings(), b.warnings()]) {
      expect(warnings.length).toBeLessThanOrEqual(4);
      expect(warnings.some((line) => line.startsWith("refused a server: "))).toBe(true);
      expect(warnings.some((line) => line.startsWith("a server refused this one: "))).toBe(true);
      expect(warnings.every((line) => line.includes("belongs to cluster"))).toBe(true);
    }
  });

  test("when they learn later that they are of two clusters", async () => {
    const [a, b] = [await server("a"), await server("b")];
    a.peers.dial(b.address);
    await pass(0);
    a.hello = { ...a.hello, clusterId: "one" };
    a.peers.hello();
    await pass(0);
    expect([a.connected, b.connected]).toEqual(["b", "a"]);
    expect(b.peers.list()[0]?.hello.clusterId).toBe("one");
    b.hello = { ...b.hello, clusterId: "two" };
    b.peers.hello();
    await pass(0);
    expect([a.connected, b.connected]).toEqual(["", ""]);
    expect(a.warnings()[0]).toContain("belongs to cluster");
  });

  test("and a server that is refused is let in when the reason is gone", async () => {
    const [a, b] = [await server("a", { clusterId: "one" }), await server("b", { clusterId: "two" })];
    a.peers.dial(b.address);
    await pass(1000);
    b.hello.clusterId = "one";
    await pass(7000);
    expect([a.connected, b.connected]).toEqual(["b", "a"]);
  });

  test("but not itself: a server that finds itself leaves it at that", async () => {
    const a = await server("a");
    a.peers.dial(a.address);
    await pass(50_000);
    expect(network.connects).toBe(1);
    expect([a.connected, a.changes]).toEqual(["", []]);
    expect(a.warnings()).toEqual([]);
  });

  test("when one is a copy of the other", async () => {
    const [a, copy] = [await server("a"), await server("a", {}, "other")];
    a.peers.dial(copy.address);
    await pass(0);
    expect(a.connected).toBe("");
    expect([a.warnings(), copy.warnings()].map((lines) => lines[0])).toEqual([
      expect.stringContaining("both servers have the node id a"),
      expect.stringContaining("both servers have the node id a"),
    ]);
  });
});

describe("hellos", () => {
  test("that change are told to all, and the news is reported once", async () => {
    const [a, b, c] = [await server("a"), await server("b"), await server("c")];
    b.peers.dial(a.address);
    c.peers.dial(a.address);
    await pass(0);
    const before = [b.changes.length, c.changes.length];
    a.hello = { ...a.hello, address: "a.new:8300", nodeMeta: { rack: "1" } };
    a.peers.hello();
    a.peers.hello();
    await settle(TURNS);
    expect(b.peers.list().find(({ hello }) => hello.nodeId === "a")?.hello.nodeMeta).toEqual({ rack: "1" });
    expect([b.changes.length, c.changes.length]).toEqual(before.map((count) => count + 1));
  });

  test("never change who a server is", async () => {
    const [a, b] = [await server("a"), await server("b")];
    a.peers.dial(b.address);
    await pass(0);
    a.hello = { ...a.hello, nodeId: "z" };
    a.peers.hello();
    await settle(TURNS);
    expect(b.connected).toBe("");
    expect(b.warnings()[0]).toContain("what came is not of a server");
  });
});

describe("an end", () => {
  test("closes all connections and dials no more; the others are told by the system", async () => {
    const [a, b] = [await server("a"), await server("b")];
    a.peers.dial(b.address);
    b.peers.dial(a.address);
    await pass(0);
    await a.stop();
    await pass(0);
    expect(b.connected).toBe("");
    const connects = network.connects;
    await b.stop();
    await pass(10_000);
    expect(network.connects).toBe(connects);
    expect(clock.pendingMs).toEqual([]);
  });

  test("of what is wanted: a server that is forgotten is not dialled again, and may come by itself", async () => {
    const [a, b] = [await server("a"), await server("b")];
    a.peers.know({ nodeId: "b", address: b.address });
    await pass(0);
    expect(a.connected).toBe("b");
    a.peers.unknow("b");
    await b.stop();
    await pass(1000);
    const connects = network.connects;
    const again = await server("b");
    await pass(10_000);
    expect(network.connects).toBe(connects);
    again.peers.dial(a.address);
    await pass(0);
    expect(a.connected).toBe("b");
  });
});
