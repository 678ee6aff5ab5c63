import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { metaOf } from "../../../../src/gossip/serf/serf.ts";
import { HOUR_MS, MemoryKeys, type SerfNode, SerfWorld, text } from "../../../support/gossip/serf-world.ts";

describe("Serf's layer over two or more members", () => {
  test("this member is the first in its own list", () => {
    const world = new SerfWorld();
    const a = world.add("a", { tags: { role: "node" } });
    expect(a.events).toEqual(["join a"]);
    expect(a.serf.self()).toMatchObject({ name: "a", status: "alive", tags: { role: "node" }, at: a.swim.at });
    a.serf.onJoin(a.swim.self);
    expect(a.events).toEqual(["join a"]);
  });

  test("members are sorted by name", () => {
    const [a] = new SerfWorld().pool("m", "z", "b") as [SerfNode];
    expect(a.serf.members().map(({ name }) => name)).toEqual(["b", "m", "z"]);
  });

  test("who joins says so with a time that is newer than all before it", async () => {
    const world = new SerfWorld();
    const [a, b, c] = [...world.pool("a", "b"), world.add("c")] as [SerfNode, SerfNode, SerfNode];
    a.hears({ type: "leave", ltime: 30, node: "b", prune: false });
    await world.gossip();
    await c.serf.join(a.swim.at);
    expect(c.waiting()).toEqual([{ type: "join", ltime: 32, node: "c" }]);
    expect(b.serf.stats()).toMatchObject({ member_time: "32" });
  });

  test("a join that fails rejects with the reason", async () => {
    const world = new SerfWorld();
    const node = world.add("a");
    await expect(node.serf.join({ address: "10.0.9.9", port: 8301 })).rejects.toThrow("connection refused");
    expect(node.waiting()).toEqual([]);
  });

  test("a member that leaves and comes back is alive, whatever old lists still say", async () => {
    const world = new SerfWorld();
    const [a, b, c] = world.pool("a", "b", "c") as [SerfNode, SerfNode, SerfNode];
    const left = c.serf.leave();
    await world.gossip();
    await world.pass(1000);
    await left;
    expect([a.statusOf("c"), b.statusOf("c")]).toEqual(["left", "left"]);
    const again = world.add("c");
    await again.serf.join(a.swim.at);
    await world.gossip();
    await b.swim.pushPull(a.swim.at, false);
    await again.swim.pushPull(b.swim.at, false);
    await world.gossip();
    expect([a, b, again].map((node) => node.statusOf("c"))).toEqual(["alive", "alive", "alive"]);
  });

  test("a failed member's name comes back with another address: it joins again, and that is no conflict", async () => {
    const world = new SerfWorld();
    const [a] = world.pool("a", "b") as [SerfNode];
    world.bury("b", "dead");
    const again = world.add("b");
    await again.serf.join(a.swim.at);
    expect(a.serf.member("b")).toMatchObject({ status: "alive", at: again.swim.at });
    expect(a.events.slice(1)).toEqual(["join b", "failed b", "join b"]);
    expect(a.conflicts).toEqual([]);
  });

  test("force-leave makes a failed member a left one everywhere; nobody's name is not there", async () => {
    const world = new SerfWorld();
    const [a, b, c] = world.pool("a", "b", "c", "d") as [SerfNode, SerfNode, SerfNode];
    world.bury("c", "dead");
    expect(a.serf.forceLeave("c", false)).toBe(true);
    await world.gossip();
    expect([a.statusOf("c"), b.statusOf("c")]).toEqual(["left", "left"]);
    expect(a.serf.forceLeave("nobody", false)).toBe(false);
    expect(a.waiting()).toEqual([]);
    expect(c.isDown).toBe(true);
  });

  test("with prune it is forgotten everywhere", async () => {
    const world = new SerfWorld();
    const [a, b] = world.pool("a", "b", "c") as [SerfNode, SerfNode];
    world.bury("c", "dead");
    a.serf.forceLeave("c", true);
    await world.gossip();
    expect([a.statusOf("c"), b.statusOf("c")]).toEqual([undefined, undefined]);
    expect(b.events.slice(-2)).toEqual(["leave c", "reap c"]);
  });

  test("a living member contradicts force-leave and is not pruned, also in a pool of two", async () => {
    const world = new SerfWorld();
    const [a, b] = world.pool("a", "b") as [SerfNode, SerfNode];
    a.serf.forceLeave("b", true);
    expect(a.statusOf("b")).toBe("leaving");
    await world.gossip();
    expect([a.statusOf("b"), b.statusOf("b")]).toEqual(["alive", "alive"]);
    await world.pass(HOUR_MS);
    expect(a.statusOf("b")).toBe("alive");
    b.serf.forceLeave("b", false);
    await world.gossip();
    expect([a.statusOf("b"), b.statusOf("b")]).toEqual(["alive", "alive"]);
  });

  test("other tags are told to all and are used by filters at once", async () => {
    const world = new SerfWorld();
    const [a, b] = world.pool("a", "b") as [SerfNode, SerfNode];
    b.serf.setTags({ role: "db" });
    expect(a.serf.member("b")?.tags).toEqual({ role: "db" });
    expect(a.events.at(-1)).toBe("update b");
    void a.serf.query("uptime", text(""), { filters: [{ kind: "tag", tag: "role", expression: "db" }] });
    await world.gossip();
    expect([a.queries.length, b.queries.length]).toEqual([0, 1]);
  });

  test("tags that no member would take are refused before anything changes (Serf's text)", () => {
    const node = new SerfWorld().add("a", { tags: { role: "node" } });
    const tags = { role: "x".repeat(600) };
    expect(() => node.serf.setTags(tags)).toThrow("Encoded length of tags exceeds limit of 512 bytes");
    expect(() => metaOf(tags)).toThrow("512");
    expect(node.serf.self().tags).toEqual({ role: "node" });
  });

  test("events of users arrive at all, once each", async () => {
    const world = new SerfWorld();
    const nodes = world.pool("a", "b", "c", "d", "e");
    nodes[0]?.serf.userEvent("deploy", text("v1"), false);
    nodes[4]?.serf.userEvent("deploy", text("v2"), false);
    await world.gossip();
    for (const { events } of nodes) {
      expect(events.filter((event) => event.startsWith("user")).sort()).toEqual(["user deploy v1", "user deploy v2"]);
    }
  });

  test("statistics have Serf's names", () => {
    const [a] = new SerfWorld().pool("a", "b", "c") as [SerfNode];
    a.loses("b", "dead");
    a.loses("c", "left");
    expect(a.serf.stats()).toEqual({
      ...{ health_score: "0", members: "3", failed: "1", left: "1" },
      ...{ member_time: "1", event_time: "1", query_time: "1" },
      ...{ intent_queue: "0", event_queue: "0", query_queue: "0" },
      ...{ encrypted: "false", coordinate_resets: "0" },
    });
    const sealed = new SerfWorld().add("a", { keyring: new MemoryKeys("a".repeat(16)) });
    expect(sealed.serf.stats()).toMatchObject({ encrypted: "true" });
  });

  test("answers to pings carry the place, and places of others are known after pings", () => {
    const [a, b] = new SerfWorld().pool("a", "b") as [SerfNode, SerfNode];
    a.serf.onAck(b.swim.self, 20, b.serf.ackPayload());
    expect(a.serf.coordinateOf("b")).toEqual(b.serf.coordinate());
    expect(a.serf.coordinate()).not.toEqual(b.serf.coordinate());
  });

  test("whatever comes from the network, nothing is thrown and nobody is added", () => {
    const world = new SerfWorld();
    const [a] = world.pool("a", "b") as [SerfNode];
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 }), fc.uint8Array({ maxLength: 300 }), (type, bytes) => {
        a.serf.onUserMessage(Uint8Array.of(type, ...bytes), a.swim.at);
        a.serf.mergeState(Uint8Array.of(type, ...bytes), false);
      }),
      { numRuns: 2000 },
    );
    expect(a.serf.members()).toHaveLength(2);
  });

  test("after close nothing is heard and nothing is asked any more", async () => {
    const world = new SerfWorld();
    const [a] = world.pool("a", "b") as [SerfNode];
    const query = a.serf.query("uptime", text(""));
    await a.serf.close();
    await query;
    a.hears({ type: "userEvent", ltime: 5, name: "late", payload: text(""), coalesce: false });
    expect(a.events).not.toContain("user late ");
    await a.serf.close();
  });
});
