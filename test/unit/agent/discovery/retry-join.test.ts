import { describe, expect, test } from "bun:test";
import { RetryJoin, type RetryJoinDeps, startJoin } from "../../../../src/agent/discovery/retry-join.ts";
import type { Endpoint } from "../../../../src/gossip/messages.ts";
import { failureOf } from "../../../support/failure-of.ts";
import { ManualClock, settle } from "../../../support/manual-clock.ts";
import { RecordingLogger } from "../../../support/recording-logger.ts";

function rig(options: Partial<RetryJoinDeps> = {}) {
  const clock = new ManualClock();
  const log = new RecordingLogger();
  const asked: string[][] = [];
  const state = { alone: false, givenUp: [] as string[], joins: (_: readonly Endpoint[]): number => 2 };
  const deps: RetryJoinDeps = {
    pool: "LAN",
    port: 8301,
    targets: ["a", "b"],
    intervalMs: 30_000,
    max: 0,
    resolve: async (target) =>
      target.kind === "host" ? [{ address: `10.0.0.${target.host === "a" ? 1 : 2}`, port: target.port }] : [],
    async join(addresses) {
      asked.push(addresses.map(({ address, port }) => `${address}:${port}`));
      return state.joins(addresses);
    },
    isAlone: () => state.alone,
    onGivenUp: (reason) => void state.givenUp.push(reason),
    clock,
    log,
    ...options,
  };
  const retry = new RetryJoin(deps);
  const lines = () => log.lines.map(({ level, message }) => `${level}: ${message}`);
  const pass = async (ms: number) => {
    clock.advance(ms);
    await settle(40);
  };
  return { retry, deps, state, asked, log, lines, clock, pass };
}

const refuse = () => {
  throw new Error("1 error occurred:\n\t* Failed to join 10.0.0.1:8301: connection refused\n\n");
};

describe("retry_join", () => {
  test("asks all addresses at once, with the pool's port, and says so in Consul's words", async () => {
    const { retry, asked, lines, log } = rig();
    retry.start();
    await settle(40);
    expect(asked).toEqual([["10.0.0.1:8301", "10.0.0.2:8301"]]);
    expect(lines()).toEqual([
      "info: Joining cluster...",
      "info: (LAN) joining",
      "info: (LAN) joined",
      "info: Join cluster completed. Synced with initial agents",
    ]);
    expect(log.lines.at(-1)?.fields).toEqual({ cluster: "LAN", num_agents: 2 });
    expect(log.lines[1]?.fields).toEqual({ lan_addresses: "[10.0.0.1:8301, 10.0.0.2:8301]" });
    retry.stop();
  });

  test("of the WAN asks its port", async () => {
    const { retry, asked } = rig({ pool: "WAN", port: 8302 });
    retry.start();
    await settle(40);
    expect(asked).toEqual([["10.0.0.1:8302", "10.0.0.2:8302"]]);
    retry.stop();
  });

  test("tries again soon and then more and more seldom, at least every interval, for ever", async () => {
    const { retry, state, clock, pass, log } = rig({ intervalMs: 6000 });
    state.joins = refuse;
    retry.start();
    await settle(40);
    const delays: (number | undefined)[] = [];
    for (let at = 0; at < 6; at++) {
      delays.push(clock.pendingMs[0]);
      await pass(clock.pendingMs[0] ?? 0);
    }
    expect(delays).toEqual([1000, 2000, 4000, 6000, 6000, 6000]);
    expect(log.lines.find(({ level }) => level === "warn")).toMatchObject({
      message: "Join cluster failed, will retry",
      fields: { cluster: "LAN", retry_interval: "1s", error: expect.stringContaining("connection refused") },
    });
    expect(state.givenUp).toEqual([]);
    retry.stop();
  });

  test("gives up after retry_max intervals, in Consul's words, and not before", async () => {
    const { retry, state, pass, clock } = rig({ intervalMs: 10_000, max: 2 });
    state.joins = refuse;
    retry.start();
    await settle(40);
    for (let at = 0; at < 4; at++) await pass(clock.pendingMs[0] ?? 0);
    expect([clock.pendingMs.length, state.givenUp]).toEqual([1, []]);
    await pass(10_000);
    expect(state.givenUp).toEqual([expect.stringContaining("agent: max join LAN retry exhausted, exiting")]);
    expect(clock.pendingMs).toEqual([]);
  });

  test("goes on with those that can be found; with none, it says that there are none", async () => {
    let known = false;
    const { retry, asked, lines, pass, log } = rig({
      resolve(target) {
        if (target.text === "a" || !known) return Promise.reject(new Error("no such host"));
        return Promise.resolve([{ address: "10.0.0.2", port: 8301 }]);
      },
    });
    retry.start();
    await settle(40);
    expect(lines().slice(1)).toEqual([
      "warn: Cannot discover address",
      "warn: Cannot discover address",
      "warn: Join cluster failed, will retry",
    ]);
    expect(log.lines.at(-1)?.fields.error).toBe("No servers to join");
    known = true;
    await pass(1000);
    expect(asked).toEqual([["10.0.0.2:8301"]]);
    retry.stop();
  });

  test("asks again when all others are lost, quietly until it finds somebody", async () => {
    const { retry, state, asked, pass, lines } = rig({ intervalMs: 30_000 });
    retry.start();
    await settle(40);
    await pass(30_000);
    expect(asked).toHaveLength(1);
    state.alone = true;
    state.joins = refuse;
    const before = lines().length;
    await pass(30_000);
    await pass(30_000);
    expect(asked).toHaveLength(3);
    expect(lines().slice(before)).toEqual(Array(2).fill("debug: no other member is alive, and none can be joined"));
    state.joins = () => {
      state.alone = false;
      return 1;
    };
    await pass(30_000);
    expect(lines().at(-1)).toBe("info: all other members were lost; joined again");
    await pass(30_000);
    expect(asked).toHaveLength(4);
    retry.stop();
  });

  test("does nothing after it is stopped, and nothing without targets", async () => {
    const stopped = rig();
    stopped.state.joins = refuse;
    stopped.retry.start();
    await settle(40);
    stopped.retry.stop();
    expect(stopped.clock.pendingMs).toEqual([]);
    const idle = rig({ targets: [] });
    idle.retry.start();
    await settle(40);
    expect([idle.asked, idle.lines()]).toEqual([[], []]);
  });

  test("does not wait at all between tries when the interval is zero, but for a second", async () => {
    const { retry, state, clock } = rig({ intervalMs: 0 });
    state.joins = refuse;
    retry.start();
    await settle(40);
    expect(clock.pendingMs).toEqual([1000]);
    retry.stop();
  });
});

describe("start_join", () => {
  test("joins once and says with how many", async () => {
    const { deps, lines, asked } = rig();
    await startJoin(["a"], deps);
    expect(asked).toEqual([["10.0.0.1:8301"]]);
    expect(lines().at(-1)).toBe("info: Join completed. Initial agents synced with");
    await startJoin([], deps);
    expect(asked).toHaveLength(1);
  });

  test("fails when nobody answers", async () => {
    const { deps, state } = rig();
    state.joins = refuse;
    expect((await failureOf(startJoin(["a"], deps))).message).toContain("Failed to join 10.0.0.1:8301");
  });
});
