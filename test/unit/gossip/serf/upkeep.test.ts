import { describe, expect, test } from "bun:test";
import type { SerfOptions } from "../../../../src/gossip/serf/options.ts";
import { HOUR_MS, type SerfNode, SerfWorld, text } from "../../../support/gossip/serf-world.ts";

const ROUND_MS = 15_000;

function pool(options: Partial<SerfOptions> = {}, tags: Record<string, string> = {}): [SerfWorld, SerfNode, SerfNode] {
  const world = new SerfWorld();
  const [a, b] = [world.add("a", options), world.add("b", { tags })];
  a.knows(b.swim.self);
  b.knows(a.swim.self);
  return [world, a, b];
}

describe("what comes round", () => {
  test("a failed member is reaped after the reconnect timeout, and its place is forgotten", async () => {
    const [world, a, b] = pool({ reconnectTimeoutMs: HOUR_MS });
    a.serf.onAck(b.swim.self, 10, b.serf.ackPayload());
    expect(a.serf.coordinateOf("b")).toBeDefined();
    world.bury("b", "dead");
    await world.pass(HOUR_MS);
    expect(a.statusOf("b")).toBe("failed");
    expect(a.serf.coordinateOf("b")).toBeDefined();
    await world.pass(ROUND_MS);
    expect(a.statusOf("b")).toBeUndefined();
    expect(a.serf.coordinateOf("b")).toBeUndefined();
    expect(a.events.at(-1)).toBe("reap b");
  });

  test("one that left is reaped after the tombstone timeout", async () => {
    const [world, a] = pool({ tombstoneTimeoutMs: HOUR_MS });
    world.bury("b", "left");
    await world.pass(HOUR_MS + ROUND_MS);
    expect(a.statusOf("b")).toBeUndefined();
  });

  test("a member's tag rc_tm says how long it may be away (Consul's reconnect_timeout)", async () => {
    const [world, a] = pool({}, { rc_tm: "1h10m" });
    world.bury("b", "dead");
    await world.pass((7 / 6) * HOUR_MS + ROUND_MS);
    expect(a.statusOf("b")).toBeUndefined();
  });

  test("a tag that is no duration is told, and the usual timeout counts", async () => {
    const [world, a] = pool({ reconnectTimeoutMs: HOUR_MS }, { rc_tm: "soon" });
    world.bury("b", "dead");
    await world.pass(2 * ROUND_MS);
    expect(a.statusOf("b")).toBe("failed");
    expect(a.log.messages("warn").join()).toContain("rc_tm");
    await world.pass(HOUR_MS);
    expect(a.statusOf("b")).toBeUndefined();
  });

  test("a failed member is looked for every 30 seconds, and is back when it answers", async () => {
    const [world, a, b] = pool();
    world.bury("b", "dead");
    await world.pass(30_000);
    expect(a.statusOf("b")).toBe("failed");
    expect(a.log.messages("info")).toContain("attempting reconnect");
    b.isDown = false;
    await world.pass(30_000);
    expect(a.statusOf("b")).toBe("alive");
  });

  test("all members together look for each failed one once in a round, on average (Serf)", async () => {
    const world = new SerfWorld();
    const nodes = world.pool(...Array.from({ length: 21 }, (_, i) => `n${i}`));
    world.bury("n0", "dead");
    await world.pass(50 * 30_000);
    const tries = nodes.flatMap(({ log }) => log.messages("info")).filter((line) => line === "attempting reconnect");
    expect(tries.length / 50).toBeWithin(0.7, 1.3);
  });

  test("left members are not looked for", async () => {
    const [world, a] = pool();
    world.bury("b", "left");
    await world.pass(10 * 30_000);
    expect(a.log.messages("info")).not.toContain("attempting reconnect");
  });

  test("a queue that grows is told", async () => {
    const [world, a] = pool();
    for (let i = 0; i < 128; i++) a.serf.userEvent(`event-${i}`, text(""), false);
    await world.pass(30_000);
    expect(a.log.messages("warn")).toContain("Event queue depth: 128");
  });

  test("nothing comes round any more when it is closed", async () => {
    const [world, a, b] = pool();
    await a.serf.close();
    await b.serf.close();
    expect(world.clock.pendingMs).toEqual([]);
  });
});
