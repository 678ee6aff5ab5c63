import { describe, expect, test } from "bun:test";
import { type SerfNode, SerfWorld } from "../../../support/gossip/serf-world.ts";
import { settle } from "../../../support/manual-clock.ts";

describe("graceful leave (Serf's order)", () => {
  test("the intent is told first, then the membership goes, then the others have time to hear it", async () => {
    const world = new SerfWorld();
    const [a, b] = world.pool("a", "b", "c") as [SerfNode, SerfNode];
    let isOver = false;
    void a.serf.leave().then(() => {
      isOver = true;
    });
    await settle();
    expect(a.statusOf("a")).toBe("leaving");
    await world.gossip();
    expect(b.statusOf("a")).toBe("left");
    expect(b.events.at(-1)).toBe("leave a");
    await world.pass(990);
    expect(isOver).toBe(false);
    await world.pass(10);
    expect(isOver).toBe(true);
  });

  test("who can't tell anybody waits five seconds for it and no longer", async () => {
    const world = new SerfWorld();
    const [a, b] = world.pool("a", "b") as [SerfNode, SerfNode];
    const left = a.serf.leave();
    await world.pass(4999);
    expect(b.statusOf("a")).toBe("alive");
    await world.pass(1);
    expect(a.log.messages("warn").join()).toContain("timeout while waiting for graceful leave");
    await world.pass(1000);
    await left;
  });

  test("alone nobody is waited for", async () => {
    const world = new SerfWorld();
    const node = world.add("a");
    const left = node.serf.leave();
    await settle();
    await world.pass(1000);
    await left;
    expect(node.log.messages("warn")).toEqual([]);
  });

  test("a second leave changes nothing, and who leaves does not join", async () => {
    const world = new SerfWorld();
    const [a, b] = world.pool("a", "b") as [SerfNode, SerfNode];
    const left = a.serf.leave();
    await a.serf.leave();
    await expect(a.serf.join(b.swim.at)).rejects.toThrow("Serf can't Join after Leave or Shutdown");
    await world.pass(5000);
    await world.pass(1000);
    await left;
  });
});
