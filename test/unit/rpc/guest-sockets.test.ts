import { afterEach, describe, expect, test } from "bun:test";
import { systemClock } from "../../../src/platform/clock.ts";
import { systemRandom } from "../../../src/platform/random.ts";
import { tcp } from "../../../src/platform/tcp-server.ts";
import { AnswerLost } from "../../../src/rpc/errors.ts";
import { failureOf } from "../../support/failure-of.ts";
import { callersOf, GuestServer } from "../../support/rpc/guests.ts";

// Guests on real sockets: what a memory network can't show.

const MIB = 1024 * 1024;
const TIME = { timeoutMs: 20_000 };
const ports = { streams: tcp, clock: systemClock, random: systemRandom };
const at = { address: "127.0.0.1", port: 0 };

const open: { stop(): unknown }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.stop()));
});

async function server(nodeId: string, options: Partial<ConstructorParameters<typeof GuestServer>[1]> = {}) {
  const one = await new GuestServer(nodeId, { ...ports, at, ...options }).start();
  open.push(one);
  return one;
}

function agent(nodeId: string) {
  const { callers } = callersOf(nodeId, ports);
  open.push({ stop: () => callers.close() });
  return callers;
}

async function until(condition: () => boolean): Promise<void> {
  const untilMs = performance.now() + TIME.timeoutMs;
  while (!condition()) {
    if (performance.now() > untilMs) throw new Error("waited too long");
    await Bun.sleep(1);
  }
}

describe("guests on real sockets", () => {
  test("bring megabytes in one call and take them", async () => {
    const s = await server("s");
    const value = { bytes: new Uint8Array(3 * MIB).fill(7), text: "é".repeat(100_000) };
    const answer = await agent("a").call(s.called, "echo", value, TIME);
    expect(Bun.deepEquals(answer, value)).toBe(true);
  });

  test("that all wait for the same thing, thousands at once, all hear of it", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const body = new Uint8Array(20_000).fill(1);
    let waiting = 0;
    const s = await server("s", {
      methods: {
        async wait(_, guest) {
          waiting++;
          await promise;
          await guest.room();
          return body;
        },
      },
    });
    const agents = Array.from({ length: 10 }, (_, id) => agent(`a${id}`));
    const calls = agents.flatMap((each) => Array.from({ length: 500 }, () => each.call(s.called, "wait", 1, TIME)));
    await until(() => waiting === 5000);
    resolve();
    const answers = (await Promise.all(calls)) as Uint8Array[];
    expect(answers.every(({ length }) => length === 20_000)).toBe(true);
  });

  test("leave what they asked in doubt when the server's process ends, and find it again", async () => {
    const s = await server("s");
    const a = agent("a");
    const call = failureOf(a.call(s.called, "never", 1, TIME));
    await until(() => s.guests.list().length === 1);
    await Bun.sleep(5);
    const { address } = s.called;
    open.splice(open.indexOf(s), 1);
    await s.stop();
    expect(await call).toBeInstanceOf(AnswerLost);
    const port = Number(address.split(":")[1]);
    const again = await server("s", { at: { address: "127.0.0.1", port } });
    for (;;) {
      const answer = await a.call(again.called, "echo", "back", TIME).catch(() => undefined);
      if (answer === "back") break;
      await Bun.sleep(10);
    }
  });
});
