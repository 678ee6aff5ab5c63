import { beforeEach, describe, expect, test } from "bun:test";
import { Dialler, type DialOutcome } from "../../../src/rpc/dialler.ts";
import { seeded } from "../../e2e/harness/random.ts";
import { ManualClock, settle } from "../../support/manual-clock.ts";
import { RecordingLogger } from "../../support/recording-logger.ts";

const FAILED: DialOutcome = { kind: "failed", why: "ECONNREFUSED" };

let clock: ManualClock;
let logger: RecordingLogger;
let linked: Set<string>;
/** When each address was tried. */
let tries: { address: string; atMs: number }[];
let answer: (address: string) => DialOutcome | Promise<DialOutcome>;
let dialler: Dialler;

beforeEach(() => {
  clock = new ManualClock();
  logger = new RecordingLogger();
  linked = new Set();
  tries = [];
  answer = () => FAILED;
  dialler = new Dialler({
    clock,
    random: { uuid: () => "", float: seeded(7) },
    logger,
    isLinked: (nodeId) => linked.has(nodeId),
    dial: async ({ host, port }) => {
      tries.push({ address: `${host}:${port}`, atMs: clock.monotonicMs() });
      return await answer(`${host}:${port}`);
    },
  });
});

/** Somebody is at the address and gets linked. */
const up = (nodeId: string): DialOutcome => {
  linked.add(nodeId);
  return { kind: "up", nodeId };
};

async function pass(ms: number): Promise<void> {
  await settle();
  for (let left = ms; left >= 0; left -= 10) {
    clock.advance(Math.min(10, left));
    await settle();
  }
}

const count = (address: string) => tries.filter((each) => each.address === address).length;

describe("an address", () => {
  test("is tried at once, then with delays that grow to about 1.5 s and are spread", async () => {
    dialler.add("h:1");
    await pass(60_000);
    const delays = tries.slice(1).map(({ atMs }, at) => atMs - (tries[at]?.atMs ?? 0));
    expect(delays[0]).toBeLessThanOrEqual(260);
    expect(Math.max(...delays)).toBeLessThan(1900);
    const late = delays.slice(6);
    expect(Math.min(...late)).toBeGreaterThan(1100);
    expect(new Set(late).size).toBeGreaterThan(5);
  });

  test("that hangs is tried again right after it gave up: delays count from the start of a try", async () => {
    answer = async () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      clock.after(2000, resolve);
      await promise;
      return FAILED;
    };
    dialler.add("h:1");
    await pass(20_000);
    expect(tries.length).toBeGreaterThanOrEqual(9);
  });

  test("is let be while who answered there is linked, and tried at once when it is lost", async () => {
    answer = () => up("b");
    dialler.add("h:1");
    await pass(10_000);
    expect(tries.length).toBe(1);
    linked.clear();
    dialler.update();
    await pass(0);
    expect(tries.length).toBe(2);
  });

  test("is let be when a server says it is its own and is linked another way", async () => {
    linked.add("b");
    answer = () => ({ kind: "duplicate", nodeId: "b" });
    dialler.add("name:1");
    await pass(10_000);
    expect(tries.length).toBe(1);
  });

  test("is tried soon again when the server believes in a connection that this one has not", async () => {
    answer = () => ({ kind: "duplicate", nodeId: "b" });
    dialler.add("h:1");
    await pass(1000);
    expect(tries.length).toBeGreaterThan(5);
  });

  test("tells who answered there, also when that server is linked another way", async () => {
    linked.add("b");
    answer = (address) => (address === "other:1" ? { kind: "duplicate", nodeId: "b" } : FAILED);
    dialler.add("other:1");
    dialler.add("nobody:1");
    await pass(100);
    expect(["other:1", "nobody:1", "unknown:1"].map((address) => dialler.answererAt(address))).toEqual([
      "b",
      undefined,
      undefined,
    ]);
  });

  test("that refuses is tried every five seconds, our own once a minute", async () => {
    answer = (address) => (address === "self:1" ? { kind: "self" } : { kind: "refused" });
    dialler.add("h:1");
    dialler.add("self:1");
    await pass(61_000);
    expect(count("h:1")).toBeGreaterThanOrEqual(9);
    expect(count("h:1")).toBeLessThanOrEqual(17);
    expect(count("self:1")).toBeLessThanOrEqual(2);
  });

  test("that is forgotten is tried no more", async () => {
    dialler.add("h:1");
    await pass(500);
    dialler.remove("h:1");
    const before = tries.length;
    await pass(5000);
    expect(tries.length).toBe(before);
    expect(clock.pendingMs).toEqual([]);
  });

  test.each(["[::1]:8300", "127.0.0.1:8300", "srv-1.example:8300"])("may be %s", async (address) => {
    dialler.add(address);
    await pass(0);
    expect(tries.map((each) => each.address)).toEqual([address.replace(/[[\]]/g, "")]);
  });

  test("that is none is named and left out", () => {
    for (const address of ["nowhere", "h:0", "::1:8300", ""]) dialler.add(address);
    expect(logger.messages("warn").length).toBe(4);
    expect(clock.pendingMs).toEqual([]);
  });
});

describe("a server that is known", () => {
  test("is tried at all its addresses until one leads to it", async () => {
    answer = (address) => (address === "new:1" ? up("b") : FAILED);
    dialler.know("b", "old:1", true);
    dialler.know("b", "new:1", true);
    await pass(5000);
    expect(count("new:1")).toBe(1);
    expect(count("old:1")).toBe(1);
    dialler.update();
    await pass(5000);
    expect(tries.length).toBe(2);
  });

  test("is tried at its four newest addresses only", async () => {
    for (const address of ["a:1", "b:1", "c:1", "d:1", "e:1"]) dialler.know("b", address, true);
    await pass(0);
    expect(tries.map(({ address }) => address)).toEqual(["b:1", "c:1", "d:1", "e:1"]);
  });

  test("is not tried when it is linked already", async () => {
    linked.add("b");
    dialler.know("b", "h:1", true);
    await pass(1000);
    expect(tries).toEqual([]);
  });

  test("and shares its address with another one that is linked is looked for there", async () => {
    linked.add("b");
    dialler.know("b", "h:1", true);
    dialler.know("c", "h:1", true);
    await pass(0);
    expect(tries.length).toBe(1);
  });

  test("is looked for as long as somebody who knows wants it; one that was only heard of for ten minutes", async () => {
    dialler.know("sure", "sure:1", true);
    dialler.know("rumour", "rumour:1", false);
    await pass(9 * 60_000);
    const before = { sure: count("sure:1"), rumour: count("rumour:1") };
    await pass(2 * 60_000);
    const middle = count("rumour:1");
    expect(middle).toBeGreaterThan(before.rumour);
    await pass(2 * 60_000);
    expect(count("rumour:1")).toBe(middle);
    expect(count("sure:1")).toBeGreaterThan(before.sure + 100);
  });

  test("and is forgotten is tried no more, but its address is when it was asked for", async () => {
    dialler.know("b", "h:1", true);
    dialler.know("b", "asked:1", true);
    dialler.add("asked:1");
    await pass(100);
    dialler.unknow("b");
    const before = count("h:1");
    await pass(5000);
    expect(count("h:1")).toBe(before);
    expect(count("asked:1")).toBeGreaterThan(3);
  });
});

test("no more addresses are kept than the limit, and the end stops all tries", async () => {
  for (let at = 1; at <= 300; at++) dialler.add(`h:${at}`);
  await pass(0);
  expect(tries.length).toBe(256);
  dialler.close();
  dialler.add("h:1");
  await pass(10_000);
  expect(tries.length).toBe(256);
  expect(clock.pendingMs).toEqual([]);
});
